"""AZUREML_MODEL_DIR: the folder in which a batch deployment's script finds its model.

As in Azure it holds what was registered under its own name: the folder `model` of a model that was registered from
`./model`, the file itself of a model that is one file.
"""
import os
import shutil

from .settings import path_of


def model_dir(settings, scratch):
    """The folder, made from the input that is the model; None for a job without one."""
    if not settings.model:
        return None
    path = path_of("inputs", settings.model)
    if os.path.isfile(path):
        return os.path.dirname(path)
    # Real files and folders: MLflow refuses links that lead out of a model, and walks don't follow those to folders.
    name = settings.model_folder or "model"
    try:
        root = path.rstrip("/") + ".named"
        os.mkdir(root)
        os.rename(path, os.path.join(root, name))
    except OSError:  # it can't be moved where it is mounted
        root = os.path.join(scratch, "models")
        shutil.copytree(path, os.path.join(root, name))
    return root
