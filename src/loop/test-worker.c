/* WorkerPool: jobs run in threads, their end is told in the loop, and none is lost. */

#include "base/test.h"
#include "loop/worker.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

static pthread_t loop_thread;

typedef struct TestJob {
        WorkerJob job;
        Loop *loop;
        int started, gate; /* -1, or: told when it runs, and waited for */
        unsigned int *n_left;
        unsigned int n_runs, n_done;
        bool in_loop, in_worker, signals_blocked;
        int result; /* of done() */
} TestJob;

static void job_run(WorkerJob *job)
{
        TestJob *test = container_of(job, TestJob, job);
        sigset_t blocked;
        char byte = 0;

        pthread_sigmask(SIG_BLOCK, NULL, &blocked);
        test->signals_blocked = sigismember(&blocked, SIGTERM) && sigismember(&blocked, SIGCHLD);
        test->in_worker = !pthread_equal(pthread_self(), loop_thread);
        test->n_runs++;
        if (test->started >= 0)
                (void)!write(test->started, "s", 1);
        if (test->gate >= 0)
                (void)!read(test->gate, &byte, 1);
}

static int job_done(WorkerJob *job, Usec now)
{
        TestJob *test = container_of(job, TestJob, job);

        test->in_loop = pthread_equal(pthread_self(), loop_thread) && now == loop_now(test->loop);
        test->n_done++;
        if (--*test->n_left == 0)
                loop_quit(test->loop);
        return test->result;
}

static TestJob job_make(Loop *loop, unsigned int *n_left)
{
        return (TestJob){
                .job = {.run = job_run, .done = job_done},
                .loop = loop,
                .started = -1,
                .gate = -1,
                .n_left = n_left,
        };
}

static void test_jobs(void)
{
        _cleanup_(loop_freep) Loop *loop = NULL;
        _cleanup_(worker_pool_freep) WorkerPool *pool = NULL;
        unsigned int n_left = 100;
        TestJob jobs[100];
        bool well = true;

        EXPECT_INT("loop", loop_new(&loop), 0);
        EXPECT_INT("pool", worker_pool_new(loop, 4, ELEMENTS(jobs), &pool), 0);
        for (size_t i = 0; i < ELEMENTS(jobs); i++) {
                jobs[i] = job_make(loop, &n_left);
                EXPECT_INT("submit", worker_pool_submit(pool, &jobs[i].job), 0);
        }
        EXPECT_INT("run", loop_run(loop), 0);
        for (size_t i = 0; i < ELEMENTS(jobs); i++)
                well &= jobs[i].n_runs == 1 && jobs[i].n_done == 1 && jobs[i].in_loop &&
                        jobs[i].in_worker && jobs[i].signals_blocked;
        EXPECT("each ran once in a worker and was told once in the loop", well);
}

/* One thread that is busy with jobs[0], and two jobs that wait: as many as may. */
static void fill(Loop *loop, WorkerPool *pool, TestJob *jobs, unsigned int *n_left,
                 const int *started, const int *gate)
{
        char byte = 0;

        for (size_t i = 0; i < 4; i++)
                jobs[i] = job_make(loop, n_left);
        jobs[0].started = started[1];
        jobs[0].gate = gate[0];
        EXPECT_INT("the first", worker_pool_submit(pool, &jobs[0].job), 0);
        EXPECT_INT("it runs", read(started[0], &byte, 1), 1);
        EXPECT_INT("the second", worker_pool_submit(pool, &jobs[1].job), 0);
        EXPECT_INT("the third", worker_pool_submit(pool, &jobs[2].job), 0);
        EXPECT_INT("one too many", worker_pool_submit(pool, &jobs[3].job), -EAGAIN);
}

static void test_limit(const int *started, const int *gate)
{
        _cleanup_(loop_freep) Loop *loop = NULL;
        _cleanup_(worker_pool_freep) WorkerPool *pool = NULL;
        unsigned int n_left = 3;
        TestJob jobs[4];

        EXPECT_INT("loop", loop_new(&loop), 0);
        EXPECT_INT("pool", worker_pool_new(loop, 1, 2, &pool), 0);
        fill(loop, pool, jobs, &n_left, started, gate);
        EXPECT_INT("open the gate", write(gate[1], "g", 1), 1);
        EXPECT_INT("run", loop_run(loop), 0);
        for (size_t i = 0; i < 3; i++)
                EXPECT("all that were taken ran", jobs[i].n_runs == 1 && jobs[i].n_done == 1);
        EXPECT("what was refused did not", jobs[3].n_runs == 0 && jobs[3].n_done == 0);

        n_left = 1;
        EXPECT_INT("now there is room", worker_pool_submit(pool, &jobs[3].job), 0);
        EXPECT_INT("run", loop_run(loop), 0);
        EXPECT("it ran", jobs[3].n_runs == 1 && jobs[3].n_done == 1);
}

static void test_free_with_jobs(const int *started, const int *gate)
{
        _cleanup_(loop_freep) Loop *loop = NULL;
        WorkerPool *pool = NULL;
        unsigned int n_left = 10;
        TestJob jobs[4];

        EXPECT_INT("loop", loop_new(&loop), 0);
        EXPECT_INT("pool", worker_pool_new(loop, 1, 2, &pool), 0);
        fill(loop, pool, jobs, &n_left, started, gate);
        EXPECT_INT("open the gate", write(gate[1], "g", 1), 1);
        EXPECT("free", worker_pool_free(pool) == NULL);
        EXPECT_INT("what ran has ended", jobs[0].n_runs, 1);
        for (size_t i = 0; i < 3; i++) {
                EXPECT_INT("given back once", jobs[i].n_done, 1);
                EXPECT("run at most once", jobs[i].n_runs <= 1);
                EXPECT("given back here", jobs[i].in_loop);
        }
        EXPECT_INT("what was refused is not", jobs[3].n_done, 0);
        EXPECT("worker_pool_free(NULL)", worker_pool_free(NULL) == NULL);
}

static void test_failure(void)
{
        _cleanup_(loop_freep) Loop *loop = NULL;
        _cleanup_(worker_pool_freep) WorkerPool *pool = NULL;
        unsigned int n_left = 10;
        TestJob job;

        EXPECT_INT("loop", loop_new(&loop), 0);
        EXPECT_INT("pool", worker_pool_new(loop, 1, 1, &pool), 0);
        job = job_make(loop, &n_left);
        job.result = -EIO;
        EXPECT_INT("submit", worker_pool_submit(pool, &job.job), 0);
        EXPECT_INT("done() can end the loop", loop_run(loop), -EIO);
}

int main(void)
{
        int started[2], gate[2];

        loop_thread = pthread_self();
        if (pipe2(started, O_CLOEXEC) < 0 || pipe2(gate, O_CLOEXEC) < 0)
                return EXIT_FAILURE;
        test_jobs();
        test_limit(started, gate);
        test_free_with_jobs(started, gate);
        test_failure();
        for (size_t i = 0; i < 2; i++) {
                fd_close(started[i]);
                fd_close(gate[i]);
        }
        return test_end();
}
