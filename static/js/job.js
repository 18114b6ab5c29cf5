// The progress of a job, asked for every two seconds; when it has ended the page is loaded anew.
(() => {
  "use strict";
  const job = document.querySelector("[data-job]");
  if (!job) return;
  const bar = job.querySelector("progress");
  const done = job.querySelector("[data-job-done]");
  const number = new Intl.NumberFormat(document.documentElement.lang);
  let seenTotal = bar.hasAttribute("value");
  const ask = async () => {
    try {
      const answer = await fetch(job.dataset.job, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const now = await answer.json();
      if (!now.open || (now.total > 0) !== seenTotal) return location.reload();
      done.textContent = number.format(now.progress);
      if (now.total > 0) bar.value = now.progress;
    } catch {
      // no network for a moment: ask again
    }
    setTimeout(ask, 2000);
  };
  setTimeout(ask, 2000);
})();
