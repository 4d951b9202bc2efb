"""Machine instructions that Python has no word for, for use in compiled functions.

Numba's cache of `kernels.py` does not notice changes here: touch that file after editing this one.
"""
# Intrinsics are functions of types that return a signature and a code generator; numba gives neither a type.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# ruff: noqa: ANN001, ANN201, ANN202, ARG001

from llvmlite import ir
from numba import int64, uint16, uint32, uint64, void
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 32
"""16-bit values compared at once."""


@intrinsic
def near_mask(_typing, values, at, value, limit):
    """Bit k of the answer: whether values[at + k] differs from value in at most limit bits (k < 32)."""

    def generate(context, builder, signature, arguments):
        array = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0])
        vector = ir.VectorType(ir.IntType(16), LANES)
        indices = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)

        def splat(scalar):
            first = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, ir.IntType(32)(0))
            return builder.shuffle_vector(first, first, indices)

        pointer = builder.bitcast(builder.gep(array.data, [arguments[1]]), vector.as_pointer())
        loaded = builder.load(pointer)
        loaded.align = 2
        different = builder.xor(loaded, splat(arguments[2]))
        kind = ir.FunctionType(vector, [vector])
        count = cgutils.get_or_insert_function(builder.module, kind, f"llvm.ctpop.v{LANES}i16")
        near = builder.icmp_unsigned("<=", builder.call(count, [different]), splat(arguments[3]))
        return builder.bitcast(near, ir.IntType(LANES))

    return uint32(values, int64, uint16, uint16), generate


@intrinsic
def prefetch(_typing, array, at):
    """Ask for the cache line of array[at]; never faults."""

    def generate(context, builder, signature, arguments):
        proxy = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0])
        pointer = builder.bitcast(builder.gep(proxy.data, [arguments[1]]), ir.IntType(8).as_pointer())
        word = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, word, word, word])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [pointer, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return void(array, int64), generate


@intrinsic
def set_bits(_typing, word):
    """How many bits of a word are set."""

    def generate(_context, builder, _signature, arguments):
        return builder.ctpop(arguments[0])

    return uint64(uint64), generate


@intrinsic
def lowest_bit(_typing, word):
    """The number of the lowest set bit."""

    def generate(_context, builder, _signature, arguments):
        return builder.cttz(arguments[0], ir.IntType(1)(1))

    return uint32(uint32), generate
