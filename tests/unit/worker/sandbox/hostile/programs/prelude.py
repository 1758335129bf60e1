# Stands before every hostile Python program. An attack that succeeds prints BREACH, which fails the test; so does an end
# that the program's heading does not expect, a mistake in its text among them.
import ctypes, errno, os, resource, signal, socket, subprocess, sys, threading, time


def must_fail(what, action):
    try:
        result = action()
    except (OSError, MemoryError, ValueError) as refusal:
        print("refused:", what, repr(refusal))
    else:
        print("BREACH:", what, repr(result))


def breach_if(condition, what):
    if condition:
        print("BREACH:", what)


def system_call(number, *arguments):
    result = ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def write_to(path, text):
    descriptor = os.open(path, os.O_WRONLY)
    try:
        return os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def address_of(text):
    kept.append(ctypes.create_string_buffer(text))
    return ctypes.addressof(kept[-1])


kept = []


