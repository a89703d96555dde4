/* Threads that help with a job whose parts can be done in any order: `team_run` calls work(job) in the calling thread and
   in helpers, each of which takes parts (`next_part`) until there are none left.

   A helper that has finished looks out for the next job for a while before it goes to sleep, since waking a thread takes
   longer than a small job takes. A job is never waited for by those who have not begun: a helper that comes late finds it closed. */

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

#define AWAKE 1000000  /* nanoseconds for which a helper looks out for the next job, */
#define EAGER 100000   /* in the first of them without letting other processes go first */

static struct {
    int threads;
    int busy;       /* whether some thread runs a job: another one then works alone */
    int number;     /* of the job */
    int sleeping;
    int state;      /* twice the helpers inside the job, plus 1 while it is open to more */
    void (*work)(void *);
    void *job;
    pthread_mutex_t lock;
    pthread_cond_t wake;
} team = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static inline int load(int *place) { return __atomic_load_n(place, __ATOMIC_SEQ_CST); }
static inline int add(int *place, int number) { return __atomic_fetch_add(place, number, __ATOMIC_SEQ_CST); }

/* The next number of a counter that threads share. */
static inline int next_part(int *counter) { return add(counter, 1); }

static inline void pause_a_moment(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

/* Wait until there is another job than the one with this number; returns the number of the new one. */
static int another_job(int number) {
    for (long began = now(), waited = 0; waited < AWAKE; waited = now() - began)
        for (int i = 0; i < 16; i++) {
            if (load(&team.number) != number)
                return load(&team.number);
            waited < EAGER ? pause_a_moment() : (void)sched_yield();
        }
    pthread_mutex_lock(&team.lock);
    add(&team.sleeping, 1);
    while (load(&team.number) == number)
        pthread_cond_wait(&team.wake, &team.lock);
    add(&team.sleeping, -1);
    pthread_mutex_unlock(&team.lock);
    return load(&team.number);
}

static void *help(void *nothing) {
    for (int number = 0;;) {
        number = another_job(number);
        int state = load(&team.state);
        while (state & 1)
            if (__atomic_compare_exchange_n(&team.state, &state, state + 2, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
                team.work(team.job);
                add(&team.state, -2);
                break;
            }
    }
    return nothing;
}

/* A forked process has none of the threads. */
static void team_forget(void) {
    team.threads = team.busy = team.number = team.sleeping = team.state = 0;
    pthread_mutex_init(&team.lock, NULL);
    pthread_cond_init(&team.wake, NULL);
}

static void team_begin(void) { pthread_atfork(NULL, NULL, team_forget); }

/* Start helpers until there are so many; they leave signals to the others. */
static void team_grow(int helpers) {
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (team.threads < helpers && pthread_create(&thread, NULL, help, NULL) == 0) {
        pthread_detach(thread);
        team.threads++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Call work(job) here and in up to so many helpers, and wait until all are done. */
static void team_run(void (*work)(void *), void *job, int helpers) {
    if (helpers < 1 || __atomic_exchange_n(&team.busy, 1, __ATOMIC_SEQ_CST)) {
        work(job);
        return;
    }
    if (team.threads < helpers)
        team_grow(helpers);
    team.work = work;
    team.job = job;
    add(&team.state, 1);
    add(&team.number, 1);
    if (load(&team.sleeping)) {
        pthread_mutex_lock(&team.lock);
        while (helpers--)
            pthread_cond_signal(&team.wake);
        pthread_mutex_unlock(&team.lock);
    }
    work(job);
    add(&team.state, -1);
    for (int i = 0; load(&team.state); i++)
        i < 10000 ? pause_a_moment() : (void)sched_yield();
    __atomic_store_n(&team.busy, 0, __ATOMIC_SEQ_CST);
}
