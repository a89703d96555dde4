/* Threads that help with a job whose parts can be done in any order: `team_run` calls work(job) in the calling thread and
   in helpers, each of which takes parts (`next_part`) until there are none left.

   A helper that has finished looks out for the next job for a while before it goes to sleep, since waking a thread takes
   longer than a small job takes. A job is never waited for by those who have not begun: a helper that comes late finds it closed. */

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

#define MOST 64        /* helpers */
#define AWAKE 1000000  /* nanoseconds for which a helper looks out for the next job, */
#define EAGER 100000   /* in the first of them without letting other processes go first */

static struct {
    int threads;
    int busy;       /* whether some thread runs a job: another one then works alone; and while a process forks */
    int number;     /* of the job */
    int sleeping;
    int state;      /* twice the helpers inside the job, plus 1 while it is open to more */
    int stop;       /* whether helpers are to end */
    void (*work)(void *);
    void *job;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread[MOST];
    int number_in_system[MOST];  /* of the threads */
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

static void *help(void *place) {
#ifdef __linux__
    __atomic_store_n((int *)place, (int)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
#endif
    for (int number = 0;;) {
        number = another_job(number);
        if (load(&team.stop))
            return NULL;
        int state = load(&team.state);
        while (state & 1)
            if (__atomic_compare_exchange_n(&team.state, &state, state + 2, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
                team.work(team.job);
                add(&team.state, -2);
                break;
            }
    }
}

static void wake_all(void) {
    pthread_mutex_lock(&team.lock);
    pthread_cond_broadcast(&team.wake);
    pthread_mutex_unlock(&team.lock);
}

/* Before a fork: wait for the job that runs, and end the helpers. A forked process would have none of them, and Python
   warns of a process that forks with more threads than one. The next job starts new ones. */
static void team_stop(void) {
    while (__atomic_exchange_n(&team.busy, 1, __ATOMIC_SEQ_CST))
        sched_yield();
    __atomic_store_n(&team.stop, 1, __ATOMIC_SEQ_CST);
    add(&team.number, 1);
    wake_all();
    for (; team.threads; team.threads--) {
        pthread_join(team.thread[team.threads - 1], NULL);
#ifdef __linux__
        /* The system counts a thread for a moment longer. */
        while (syscall(SYS_tgkill, getpid(), team.number_in_system[team.threads - 1], 0) == 0)
            sched_yield();
#endif
    }
    __atomic_store_n(&team.stop, 0, __ATOMIC_SEQ_CST);
}

static void team_go_on(void) { __atomic_store_n(&team.busy, 0, __ATOMIC_SEQ_CST); }

static void team_begin(void) { pthread_atfork(team_stop, team_go_on, team_go_on); }

/* Start helpers until there are so many; they leave signals to the others. */
static void team_grow(int helpers) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (team.threads < helpers && team.threads < MOST &&
           pthread_create(&team.thread[team.threads], NULL, help, &team.number_in_system[team.threads]) == 0)
        team.threads++;
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
