/* Threads that help with a job whose parts can be done in any order: `pool_run` calls work(job) in the calling thread
   and in helpers, each of which takes parts (`next_part`) until there are none left.

   A helper that has finished watches for the next job for a while before it sleeps, since waking a thread takes longer
   than a small job. The caller waits only for helpers that have begun: one that comes late finds the job closed. */

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

#define MOST 64        /* helpers */
#define AWAKE 1000000  /* nanoseconds for which a helper watches for the next job before it sleeps; */
#define EAGER 100000   /* for the first of them it spins, then it yields the processor */

static struct {
    int threads;
    int busy;       /* set while a thread runs a job (any other then works alone) and while the process forks */
    int number;     /* of the job */
    int sleeping;
    int state;      /* twice the number of helpers in the job, plus 1 while more may join */
    int stop;       /* whether helpers should end */
    void (*work)(void *);
    void *job;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread[MOST];
    int number_in_system[MOST];  /* the system's thread ids */
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static inline int load(int *place) { return __atomic_load_n(place, __ATOMIC_SEQ_CST); }
static inline int add(int *place, int number) { return __atomic_fetch_add(place, number, __ATOMIC_SEQ_CST); }

/* The next number from a counter that threads share. */
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

/* Wait until the job is no longer the one with this number; returns the number of the new one. */
static int another_job(int number) {
    for (long began = now(), waited = 0; waited < AWAKE; waited = now() - began)
        for (int i = 0; i < 16; i++) {
            if (load(&pool.number) != number)
                return load(&pool.number);
            waited < EAGER ? pause_a_moment() : (void)sched_yield();
        }
    pthread_mutex_lock(&pool.lock);
    add(&pool.sleeping, 1);
    while (load(&pool.number) == number)
        pthread_cond_wait(&pool.wake, &pool.lock);
    add(&pool.sleeping, -1);
    pthread_mutex_unlock(&pool.lock);
    return load(&pool.number);
}

static void *help(void *place) {
#ifdef __linux__
    __atomic_store_n((int *)place, (int)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
#endif
    for (int number = 0;;) {
        number = another_job(number);
        if (load(&pool.stop))
            return NULL;
        int state = load(&pool.state);
        while (state & 1)
            if (__atomic_compare_exchange_n(&pool.state, &state, state + 2, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
                pool.work(pool.job);
                add(&pool.state, -2);
                break;
            }
    }
}

static void wake_all(void) {
    pthread_mutex_lock(&pool.lock);
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.lock);
}

/* Before a fork: wait for the running job, and end the helpers. A forked process would have none of them, and Python
   warns when a process with several threads forks. The next job starts new helpers. */
static void pool_stop(void) {
    while (__atomic_exchange_n(&pool.busy, 1, __ATOMIC_SEQ_CST))
        sched_yield();
    __atomic_store_n(&pool.stop, 1, __ATOMIC_SEQ_CST);
    add(&pool.number, 1);
    wake_all();
    for (; pool.threads; pool.threads--) {
        pthread_join(pool.thread[pool.threads - 1], NULL);
#ifdef __linux__
        /* The system still counts the thread for a moment. */
        while (syscall(SYS_tgkill, getpid(), pool.number_in_system[pool.threads - 1], 0) == 0)
            sched_yield();
#endif
    }
    __atomic_store_n(&pool.stop, 0, __ATOMIC_SEQ_CST);
}

static void pool_go_on(void) { __atomic_store_n(&pool.busy, 0, __ATOMIC_SEQ_CST); }

static void pool_begin(void) { pthread_atfork(pool_stop, pool_go_on, pool_go_on); }

/* Start helpers until there are this many. They block signals, which other threads then handle. */
static void pool_grow(int helpers) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool.threads < helpers && pool.threads < MOST &&
           pthread_create(&pool.thread[pool.threads], NULL, help, &pool.number_in_system[pool.threads]) == 0)
        pool.threads++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Call work(job) here and in up to this many helpers, and wait until all are done. */
static void pool_run(void (*work)(void *), void *job, int helpers) {
    if (helpers < 1 || __atomic_exchange_n(&pool.busy, 1, __ATOMIC_SEQ_CST)) {
        work(job);
        return;
    }
    if (pool.threads < helpers)
        pool_grow(helpers);
    pool.work = work;
    pool.job = job;
    add(&pool.state, 1);
    add(&pool.number, 1);
    if (load(&pool.sleeping)) {
        pthread_mutex_lock(&pool.lock);
        while (helpers--)
            pthread_cond_signal(&pool.wake);
        pthread_mutex_unlock(&pool.lock);
    }
    work(job);
    add(&pool.state, -1);
    for (int i = 0; load(&pool.state); i++)
        i < 10000 ? pause_a_moment() : (void)sched_yield();
    __atomic_store_n(&pool.busy, 0, __ATOMIC_SEQ_CST);
}
