"""What a route is; the tables of them are in `routes.py` and `run_routes.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.views.http.actions import LARGEST_BODY
from tensorboard_plugin_modelinspect.views.http.downloads import Download
from tensorboard_plugin_modelinspect.views.http.parameters import Parameters
from tensorboard_plugin_modelinspect.views.http.responses import Body

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.views.http.routes import Desk


@dataclass(frozen=True, slots=True)
class Action:
    """What a POST to a route does.

    Attributes:
        act: Does it, and answers as the route does or with that part which it changed.
        fields: Of the JSON object that is sent: all of them, each a text.
        optional: Those that may be left out.
        most_nbytes: Of that object.
    """

    act: Callable[[Desk, Parameters], Body]
    fields: tuple[str, ...]
    most_nbytes: int = LARGEST_BODY
    optional: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """A route.

    Attributes:
        answer: Does the work.
        required: Parameters that must be there.
        optional: Parameters that may be there; any other is an error.
        action: What a POST does; None: it only reads.
    """

    answer: Callable[[Desk, Parameters], Body | Download]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    action: Action | None = None
