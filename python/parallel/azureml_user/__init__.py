"""The name space under which Azure's parallel jobs offer their helpers to entry scripts."""
__path__ = __import__("pkgutil").extend_path(__path__, __name__)
