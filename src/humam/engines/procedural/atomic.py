"""What Python has no word for: an atomic sum, a barrier, a hint to the cache, a clock."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

# Places in Sync.shared and in a row of Sync.team, a cache line (8 words) apart.
NEXT, ARRIVED, GENERATION, FLAGS, WITHIN = 0, 8, 16, 24, 32


@intrinsic
def fetch_add(typingctx: Any, array: Any, index: Any, value: Any) -> Any:
    """Add to an element of an int64 array atomically; return what it was before."""
    signature = types.int64(array, types.int64, types.int64)

    def codegen(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        data = context.make_array(sig.args[0])(context, builder, arguments[0]).data
        place = builder.gep(data, [arguments[1]])
        return builder.atomic_rmw("add", place, arguments[2], "seq_cst")

    return signature, codegen


@intrinsic
def prefetch(typingctx: Any, array: Any, index: Any) -> Any:
    """Ask for the cache line of an element, to be written soon, without waiting for it."""
    signature = types.void(array, types.int64)

    def codegen(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        data = context.make_array(sig.args[0])(context, builder, arguments[0]).data
        place = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        function_type = ir.FunctionType(ir.VoidType(), [place.type, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, function_type, "llvm.prefetch.p0i8")
        builder.call(function, [place, number(1), number(3), number(1)])
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def cycles(typingctx: Any) -> Any:
    """Return the processor's cycle counter."""

    def codegen(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        function_type = ir.FunctionType(ir.IntType(64), [])
        function = cgutils.get_or_insert_function(builder.module, function_type, "llvm.readcyclecounter")
        return builder.call(function, [])

    return types.int64(), codegen


sched_yield = types.ExternalFunction("sched_yield", types.int32())
usleep = types.ExternalFunction("usleep", types.int32(types.uint32))


@njit(cache=True, nogil=True)
def barrier(shared, threads):
    """Wait until all threads that share a row of :class:`~humam.engines.procedural.state.Sync` are here."""
    if threads == 1:
        return
    generation = fetch_add(shared, GENERATION, 0)
    if fetch_add(shared, ARRIVED, 1) == threads - 1:
        fetch_add(shared, ARRIVED, -threads)
        fetch_add(shared, GENERATION, 1)
        return
    spins = 0
    while fetch_add(shared, GENERATION, 0) == generation:
        spins += 1
        if spins > 2000:  # where threads share a core, the one to wait for is not running
            usleep(np.uint32(50))
        elif spins > 200:
            sched_yield()
