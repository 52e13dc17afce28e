"""AZUREML_MODEL_DIR: the folder in which a batch deployment's script finds its model.

As in Azure it holds what was registered under its own name: the folder `model` of a model that was registered from
`./model`, the file itself of a model that is one file.
"""
import os

from .settings import path_of


def model_dir(settings, scratch):
    """The folder, made from the input that is the model; None for a job without one."""
    if not settings.model:
        return None
    path = path_of("inputs", settings.model)
    if os.path.isfile(path):
        return os.path.dirname(path)
    root = os.path.join(scratch, "models")
    within(path, os.path.join(root, settings.model_folder or "model"))
    return root


def within(source, target):
    """Real folders with links to the files: scripts walk the tree, and walks don't follow links to folders."""
    os.makedirs(target)
    for entry in os.scandir(source):
        if entry.is_dir():
            within(entry.path, os.path.join(target, entry.name))
        else:
            os.symlink(entry.path, os.path.join(target, entry.name))
