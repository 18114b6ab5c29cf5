"""Sitting a quiz: the open paper, saving each answer at once, handing in, the result."""

from flask import Blueprint, flash, jsonify, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from courses import queries, services
from courses.certificates.issuing import issuer_for
from courses.forms import ButtonForm
from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.errors import Refused
from portal.core.locale import show_time
from portal.core.policy import Action
from portal.core.web import actor, language, requires, see_other, settings
from quizzes import queries as quiz_queries
from quizzes import services as quizzes
from quizzes.marking import Feedback

bp = Blueprint("attempts", __name__, url_prefix="/attempts", template_folder="../templates")
