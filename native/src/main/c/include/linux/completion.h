/* SPDX-License-Identifier: Apache-2.0 */
/* linux/completion.h: completions. */
#ifndef MKEMU_LINUX_COMPLETION_H
#define MKEMU_LINUX_COMPLETION_H

#include <linux/wait.h>

struct completion {
    unsigned int done;
    struct wait_queue_head wait;
};

#define COMPLETION_INITIALIZER(work) { 0, __WAIT_QUEUE_HEAD_INITIALIZER((work).wait) }
#define COMPLETION_INITIALIZER_ONSTACK(work) COMPLETION_INITIALIZER(work)
#define DECLARE_COMPLETION(work) struct completion work = COMPLETION_INITIALIZER(work)
#define DECLARE_COMPLETION_ONSTACK(work) DECLARE_COMPLETION(work)

static inline void init_completion(struct completion *done)
{
    done->done = 0;
    init_waitqueue_head(&done->wait);
}

static inline void reinit_completion(struct completion *done)
{
    done->done = 0;
}

void complete(struct completion *done);
void complete_all(struct completion *done);
long mkemu_wait_for_completion(struct completion *done, long timeout, int state);
bool try_wait_for_completion(struct completion *done);
bool completion_done(struct completion *done);

#define wait_for_completion(c) \
    ((void)mkemu_wait_for_completion((c), MAX_SCHEDULE_TIMEOUT, TASK_UNINTERRUPTIBLE))
#define wait_for_completion_io(c) wait_for_completion(c)
#define wait_for_completion_interruptible(c) (wait_for_completion(c), 0)
#define wait_for_completion_killable(c) (wait_for_completion(c), 0)
#define wait_for_completion_timeout(c, timeout) \
    ((unsigned long)mkemu_wait_for_completion((c), (long)(timeout), TASK_UNINTERRUPTIBLE))
#define wait_for_completion_interruptible_timeout(c, timeout) \
    mkemu_wait_for_completion((c), (long)(timeout), TASK_INTERRUPTIBLE)
#define wait_for_completion_killable_timeout(c, timeout) \
    mkemu_wait_for_completion((c), (long)(timeout), TASK_KILLABLE)

#endif
