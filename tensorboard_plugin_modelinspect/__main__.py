"""`python -m tensorboard_plugin_modelinspect` is the `modelinspect` command."""

from tensorboard_plugin_modelinspect.views.cli.main import main

if __name__ == "__main__":
    main()
