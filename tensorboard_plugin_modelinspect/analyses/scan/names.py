"""Names that tell what code in a file is for: of modules, functions and options.

None of these lists is complete, and what is not in one is not harmless for that: docs/scan.md says
how each is used.
"""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


TELLING_NAMES = words(
    """
    os system popen subprocess Popen check_output check_call exec eval compile __import__ open
    socket urllib urlopen urlretrieve requests ctypes pty spawn builtins importlib import_module
    shutil rmtree marshal pickle loads globals locals getattr setattr vars __builtins__
    __class__ __subclasses__ __globals__ __dict__ __getattribute__ __code__ breakpoint
    write_file read_file py_function numpy_function py_func get_file load_op_library
    load_library load_model gfile GFile fork execve execv environ unlink b64decode a85decode
    unhexlify FunctionType CodeType runpy sys platform http ftplib smtplib webbrowser tofile
    fromfile memmap savetxt threading multiprocessing signal tempfile pathlib pip
    """
)
"""Names that a layer's function has no honest use for."""

GADGETS = words(
    """
    get_file load_model load_weights save_model save_weights enable_unsafe_deserialization
    image_dataset_from_directory text_dataset_from_directory audio_dataset_from_directory
    load_img save_img plot_model model_to_dot deserialize_keras_object write_file read_file
    matching_files py_function numpy_function py_func load_op_library load_library
    load_file_system_library load system run_module exec eval import_module GFile gfile read
    write copy rename remove delete_recursively glob print LazyLoader deserialize
    extract_archive
    """
)
"""Functions of Keras and TensorFlow that do more than to compute."""

THIRD_PARTY_MODULES = words(
    """
    torch joblib dill cloudpickle pandas requests httpx aiohttp urllib3 paramiko fabric psutil
    pexpect sh plumbum IPython pip setuptools pkg_resources wheel jinja2 yaml mlflow cffi numba
    execnet twisted django flask
    """
)
"""Installed beside Keras as a rule, with functions that run, read or fetch what they are told."""

FILE_KEYS = words(
    """
    vocabulary vocabulary_file vocab_file filepath file_path filename file path url origin
    model_path checkpoint weights_path directory cache_dir fname
    """
)
"""Options of Keras objects that name files."""

BUILTIN_FUNCTIONS = words(
    """
    eval exec compile open __import__ getattr setattr delattr input print breakpoint globals
    vars locals dir memoryview super type object
    """
)
"""Functions of Python itself that do more than to compute."""

DANGEROUS_IN_PICKLES = words(
    """
    os posix nt subprocess sys builtins.eval builtins.exec builtins.compile builtins.open
    builtins.__import__ builtins.getattr builtins.setattr builtins.input builtins.breakpoint
    __builtin__ commands socket shutil runpy pty code codeop importlib ctypes _ctypes pickle
    _pickle marshal webbrowser urllib http ftplib smtplib requests asyncio.subprocess pip timeit
    bdb pdb cProfile profile doctest platform tempfile pathlib operator.attrgetter
    operator.methodcaller functools.partial types.FunctionType types.CodeType multiprocessing
    threading signal numpy.testing numpy.f2py torch.load torch.hub tensorflow keras.utils pydoc
    site linecache zipimport imp
    """
)
"""Modules, and names in modules, that a pickle has no honest use for."""

HARMLESS_IN_PICKLES = words(
    """
    builtins.set builtins.frozenset builtins.list builtins.dict builtins.tuple builtins.int
    builtins.float builtins.str builtins.bytes builtins.bytearray builtins.complex
    builtins.range builtins.slice builtins.bool builtins.object __builtin__.set
    __builtin__.frozenset __builtin__.object collections.OrderedDict collections.defaultdict
    collections.Counter collections.deque copyreg._reconstructor copy_reg._reconstructor
    numpy.ndarray numpy.dtype numpy.core.multiarray._reconstruct numpy.core.multiarray.scalar
    numpy._core.multiarray._reconstruct numpy._core.multiarray.scalar
    numpy._core.numeric._frombuffer numpy.core.numeric._frombuffer _codecs.encode
    datetime.datetime datetime.date datetime.timedelta decimal.Decimal fractions.Fraction
    uuid.UUID
    """
)
"""Names that pickles of plain data have."""

KERAS2_OPTIMIZERS = words(
    "Adam AdamW SGD RMSprop Adagrad Adadelta Adamax Nadam Ftrl Adafactor Lion"
)
"""Optimizers of Keras 2."""
