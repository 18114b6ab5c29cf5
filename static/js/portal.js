/* What every page does with script: leave quickly, fold the menu, change the colours, print.
   Everything here has a way without it. No text is written here: words come from data attributes of the page. */
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("js");

  /* Whoever signs out, or leaves quickly, leaves no list of names on the device: pages kept for a hall go, what is unsent
     stays. A page drawn for nobody (a session that ended, another who signs in) takes them off as well. */
  function dropKeptPages() {
    if (!window.caches) return;
    window.caches.delete("group-lesson");
    window.caches.delete("kept-pages");
  }

  /* Leaving. The page is blanked at once and its place in the history is taken by the other site. */
  function leave(address) {
    root.hidden = true;
    document.title = "";
    dropKeptPages();
    window.location.replace(address);
  }

  function quickExit(link) {
    var note = document.querySelector("[data-exit-status]");
    var count = 0;
    var alone = false;
    var timer;

    function forget() {
      count = 0;
      if (note) note.textContent = "";
    }

    link.addEventListener("click", function (event) {
      event.preventDefault();
      forget();
      leave(link.href);
    });
    /* Three presses of Shift and of nothing else: a capital letter, which is Shift with another key, does not count. */
    document.addEventListener("keydown", function (event) {
      alone = event.key === "Shift" && !event.repeat;
      if (event.key !== "Shift") forget();
    });
    document.addEventListener("pointerdown", forget);
    document.addEventListener("keyup", function (event) {
      if (event.key !== "Shift" || !alone) return;
      alone = false;
      count += 1;
      clearTimeout(timer);
      timer = setTimeout(forget, 5000);
      if (count === 3) {
        forget();
        leave(link.href);
      } else if (note) note.textContent = count === 1 ? link.dataset.sayTwo : link.dataset.sayOne;
    });
    /* Back from the other site, the browser may show the page it kept. */
    window.addEventListener("pageshow", function (event) {
      if (event.persisted && root.hidden) window.location.reload();
    });
  }

  function menu(button) {
    var target = document.getElementById(button.getAttribute("aria-controls"));
    function open(wanted) {
      target.classList.toggle("is-open", wanted);
      button.setAttribute("aria-expanded", String(wanted));
    }
    button.hidden = false;
    button.addEventListener("click", function () {
      open(button.getAttribute("aria-expanded") !== "true");
    });
    target.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && button.getAttribute("aria-expanded") === "true") {
        open(false);
        button.focus();
      }
    });
  }

  function popup(details) {
    document.addEventListener("click", function (event) {
      if (!details.contains(event.target)) details.open = false;
    });
    details.addEventListener("keydown", function (event) {
      if (event.key !== "Escape" || !details.open) return;
      event.stopPropagation();
      details.open = false;
      details.querySelector("summary").focus();
    });
  }

  function theme(button) {
    var device = window.matchMedia("(prefers-color-scheme: dark)");
    function dark() {
      return root.dataset.theme ? root.dataset.theme === "dark" : device.matches;
    }
    function show() {
      button.setAttribute("aria-pressed", String(dark()));
    }
    button.hidden = false;
    show();
    if (device.addEventListener) device.addEventListener("change", show);
    button.addEventListener("click", function () {
      root.dataset.theme = dark() ? "light" : "dark";
      document.cookie = "theme=" + root.dataset.theme + ";path=/;max-age=31536000;samesite=lax" +
        (window.location.protocol === "https:" ? ";secure" : "");
      show();
    });
  }

  /* Sums under columns of numbers, as they are typed: 1.850 and 1 850 are one number; what is no number is left out. */
  function sums(foot) {
    var form = foot.closest("form");
    function add() {
      Array.prototype.forEach.call(foot.querySelectorAll("[data-sum]"), function (out) {
        var sum = 0;
        var any = false;
        Array.prototype.forEach.call(form.querySelectorAll('[data-add="' + out.dataset.sum + '"]'), function (input) {
          var text = input.value.trim();
          if (!/^(\d{1,3}([. ]\d{3})+|\d+)$/.test(text)) return;
          sum += Number(text.replace(/[. ]/g, ""));
          any = true;
        });
        out.textContent = any ? sum.toLocaleString(root.lang) : "–";
      });
    }
    foot.hidden = false;
    form.addEventListener("input", add);
    add();
  }

  function print(button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      window.print();
    });
  }

  function each(selector, act) {
    Array.prototype.forEach.call(document.querySelectorAll(selector), act);
  }

  document.addEventListener("DOMContentLoaded", function () {
    each("[data-exit]", quickExit);
    each("[data-menu]", menu);
    each("[data-popup]", popup);
    each("[data-theme-button]", theme);
    each("[data-print]", print);
    each("[data-sums]", sums);
    each('form[action$="/logout"]', function (form) {
      form.addEventListener("submit", dropKeptPages);
    });
    if (!document.querySelector('form[action$="/logout"]') && document.querySelector("[data-nobody]")) dropKeptPages();
    each("[data-again]", function (part) { // what changes by itself is asked for again; without script the page says so
      window.setTimeout(function () { window.location.reload(); }, 1000 * Number(part.getAttribute("data-again")));
    });
    var wanted = document.querySelector("[data-focus]");
    if (wanted) wanted.focus();
  });
})();
