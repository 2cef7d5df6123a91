// SPDX-License-Identifier: Apache-2.0
package io.mkemu;

/**
 * Error numbers, with the values Linux gives them. Hot calls return 0 or one of these negated; constructors and set-up
 * code throw instead, with the values in the message.
 */
public final class Errno {
    /** Not permitted. */
    public static final int EPERM = 1;
    /** Nothing there by that name. */
    public static final int ENOENT = 2;
    /** Interrupted. */
    public static final int EINTR = 4;
    /** Try again. */
    public static final int EAGAIN = 11;
    /** Out of memory. */
    public static final int ENOMEM = 12;
    /** Access refused. */
    public static final int EACCES = 13;
    /** Nothing there: no byte behind this one. */
    public static final int ENXIO = 6;
    /** Bad address: what was asked for failed by itself. */
    public static final int EFAULT = 14;
    /** Busy. */
    public static final int EBUSY = 16;
    /** Already there. */
    public static final int EEXIST = 17;
    /** No such device: the instance has no IPI area. */
    public static final int ENODEV = 19;
    /** Invalid argument. */
    public static final int EINVAL = 22;
    /** No room: the queue, or the file system, is full. */
    public static final int ENOSPC = 28;
    /** It would wait for itself for ever. */
    public static final int EDEADLK = 35;
    /** The file system is read-only. */
    public static final int EROFS = 30;
    /** The file's own limit, or a size the file system cannot hold. */
    public static final int EFBIG = 27;
    /** The system does not know the call, or a filter hides it. */
    public static final int ENOSYS = 38;
    /** Too many open files in the system. */
    public static final int ENFILE = 23;
    /** Too many open files in this process. */
    public static final int EMFILE = 24;
    /** The user's quota of the file system is used up. */
    public static final int EDQUOT = 122;
    /** Symbolic link where none is allowed. */
    public static final int ELOOP = 40;
    /** The call is not supported here. */
    public static final int EOPNOTSUPP = 95;
    /** The target is not active. */
    public static final int ESHUTDOWN = 108;
    /** A timer expired: no answer came in time. */
    public static final int ETIME = 62;
    /** Time ran out. */
    public static final int ETIMEDOUT = 110;

    private Errno() {
    }

    /**
     * The symbolic name of an error number.
     *
     * @param errno as returned: 0, negative or positive
     * @return {@code OK} for 0, a name such as {@code -ENOSPC} for a known number, else the number itself
     */
    public static String name(int errno) {
        return switch (Math.abs(errno)) {
            case 0 -> "OK";
            case EPERM -> "-EPERM";
            case ENOENT -> "-ENOENT";
            case EINTR -> "-EINTR";
            case EAGAIN -> "-EAGAIN";
            case ENOMEM -> "-ENOMEM";
            case EACCES -> "-EACCES";
            case EBUSY -> "-EBUSY";
            case EEXIST -> "-EEXIST";
            case ENODEV -> "-ENODEV";
            case EINVAL -> "-EINVAL";
            case EFBIG -> "-EFBIG";
            case ENOSPC -> "-ENOSPC";
            case EROFS -> "-EROFS";
            case EDEADLK -> "-EDEADLK";
            case ELOOP -> "-ELOOP";
            case EOPNOTSUPP -> "-EOPNOTSUPP";
            case ESHUTDOWN -> "-ESHUTDOWN";
            case ETIME -> "-ETIME";
            case ETIMEDOUT -> "-ETIMEDOUT";
            case ENFILE -> "-ENFILE";
            case EMFILE -> "-EMFILE";
            case ENOSYS -> "-ENOSYS";
            case EDQUOT -> "-EDQUOT";
            case 3 -> "-ESRCH";
            case 5 -> "-EIO";
            case ENXIO -> "-ENXIO";
            case 9 -> "-EBADF";
            case EFAULT -> "-EFAULT";
            case 18 -> "-EXDEV";
            case 20 -> "-ENOTDIR";
            case 21 -> "-EISDIR";
            case 26 -> "-ETXTBSY";
            case 36 -> "-ENAMETOOLONG";
            case 37 -> "-ENOLCK";
            case 75 -> "-EOVERFLOW";
            case 116 -> "-ESTALE";
            default -> Integer.toString(errno);
        };
    }
}
