"""Descriptions of live models: what they hold and under which names, for checks made elsewhere.

The objects themselves are asked: nothing imports TensorFlow or Keras.
"""

from tensorboard_plugin_modelinspect.describing.description import (
    Description as Description,
)
from tensorboard_plugin_modelinspect.describing.description import (
    describe_model as describe_model,
)
