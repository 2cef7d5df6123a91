/* SPDX-License-Identifier: Apache-2.0
 *
 * A pipe each way, and a pair of connected Unix stream sockets. Blocking; one write for each message, and a receiver
 * that reads as many as there are. All children write to the same end: a write of so few bytes is never split.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loops.h"

enum { AT_ONCE = 65536 };

static int main_in, main_out, child_in, child_out;
static uint8_t received[AT_ONCE];

static void make_pipe(void)
{
    int up[2], down[2];

    if (pipe(up) || pipe(down))
        die("pipe");
    main_in = up[0];
    child_out = up[1];
    child_in = down[0];
    main_out = down[1];
}

static void make_unix(void)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
        die("socketpair");
    main_in = main_out = ends[0];
    child_in = child_out = ends[1];
}

static void write_all(int fd, const void *payload, int bytes)
{
    const uint8_t *at = payload;

    while (bytes > 0) {
        ssize_t written = write(fd, at, (size_t)bytes);

        if (written < 0 && errno != EINTR)
            die("write");
        if (written > 0) {
            at += written;
            bytes -= (int)written;
        }
    }
}

static const void *read_all(int fd, int bytes)
{
    int had = 0;

    while (had < bytes) {
        ssize_t more = read(fd, received + had, (size_t)(bytes - had));

        if (more == 0)
            _exit(0);
        if (more < 0 && errno != EINTR)
            die("read");
        if (more > 0)
            had += (int)more;
    }
    return received;
}

static void put_down(const void *payload, int bytes) { write_all(main_out, payload, bytes); }
static void put_up(const void *payload, int bytes) { write_all(child_out, payload, bytes); }
static const void *get_down(int bytes) { return read_all(child_in, bytes); }
static const void *get_up(int bytes) { return read_all(main_in, bytes); }

static long ping(int bytes, uint64_t nanos, uint32_t *samples, long most)
{
    return ping_loop(put_down, get_up, bytes, nanos, samples, most);
}

static void echo(int bytes)
{
    echo_loop(put_up, get_down, bytes);
}

static void receive(int bytes, int senders, struct meter *meter)
{
    int ended = 0, had = 0;

    while (ended < senders) {
        ssize_t more = read(main_in, received + had, (size_t)(AT_ONCE - had));
        int at;

        if (more == 0 || (more < 0 && errno != EINTR))
            die("read");
        if (more < 0)
            continue;
        had += (int)more;
        for (at = 0; had - at >= bytes; at += bytes) {
            if (number_of(received + at) == END) {
                ended++;
                note_end(meter);
            } else {
                note_message(meter);
            }
        }
        had -= at;
        memmove(received, received + at, (size_t)had);
    }
}

static void send_up(int index, int bytes, uint64_t nanos)
{
    (void)index;
    send_loop(put_up, bytes, nanos);
}

const struct peer stream_pipe = {"c-pipe", make_pipe, ping, echo, receive, send_up};
const struct peer stream_unix = {"c-unix", make_unix, ping, echo, receive, send_up};
