// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

/** The system calls that mkemu makes, with their numbers on the architectures it runs on. */
enum SystemCall {
    CLOSE(3, 57),
    DUP3(292, 24),
    EXIT_GROUP(231, 94),
    FALLOCATE(285, 47),
    FCNTL(72, 25),
    FUTEX(202, 98),
    GETGID(104, 176),
    GETTID(186, 178),
    GETUID(102, 174),
    IOCTL(16, 29),
    KILL(62, 129),
    LSEEK(8, 62),
    MEMBARRIER(324, 283),
    MMAP(9, 222),
    MUNMAP(11, 215),
    OPENAT(257, 56),
    PPOLL(271, 73),
    SCHED_GETAFFINITY(204, 123),
    SCHED_SETAFFINITY(203, 122),
    SCHED_GETSCHEDULER(145, 120),
    SETSID(112, 157),
    STATFS(137, 43),
    TGKILL(234, 131),
    UMASK(95, 166),
    WRITE(1, 64);

    private final long number;

    SystemCall(int amd64, int aarch64) {
        number = switch (System.getProperty("os.arch")) {
            case "amd64", "x86_64" -> amd64;
            case "aarch64" -> aarch64;
            default -> throw new UnsupportedOperationException("system call numbers unknown for os.arch="
                + System.getProperty("os.arch") + "; mkemu runs on amd64 and aarch64");
        };
    }

    long number() {
        return number;
    }
}
