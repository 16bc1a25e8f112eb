#include "loop/worker.h"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

STAILQ_HEAD(WorkerJobs, WorkerJob);

struct WorkerPool {
        Loop *loop;
        LoopIo wakeup;
        pthread_mutex_t lock; /* guards all below */
        pthread_cond_t work;
        struct WorkerJobs queued, finished;
        size_t n_queued, max_queued;
        bool stop;
        size_t n_threads;
        pthread_t threads[];
};

static void *worker_main(void *arg)
{
        WorkerPool *pool = arg;
        uint64_t one = 1;
        WorkerJob *job;

        pthread_mutex_lock(&pool->lock);
        for (;;) {
                while (!pool->stop && STAILQ_EMPTY(&pool->queued))
                        pthread_cond_wait(&pool->work, &pool->lock);
                if (pool->stop)
                        break;
                job = STAILQ_FIRST(&pool->queued);
                STAILQ_REMOVE_HEAD(&pool->queued, entry);
                pool->n_queued--;
                pthread_mutex_unlock(&pool->lock);
                job->run(job);
                pthread_mutex_lock(&pool->lock);
                STAILQ_INSERT_TAIL(&pool->finished, job, entry);
                (void)!write(pool->wakeup.fd, &one, sizeof(one));
        }
        pthread_mutex_unlock(&pool->lock);
        return NULL;
}

static int on_wakeup(LoopIo *io, uint32_t events, Usec now)
{
        WorkerPool *pool = container_of(io, WorkerPool, wakeup);
        struct WorkerJobs finished = STAILQ_HEAD_INITIALIZER(finished);
        uint64_t count;
        WorkerJob *job;
        int r = 0;

        (void)events;
        (void)!read(io->fd, &count, sizeof(count));
        pthread_mutex_lock(&pool->lock);
        STAILQ_CONCAT(&finished, &pool->finished);
        pthread_mutex_unlock(&pool->lock);
        while ((job = STAILQ_FIRST(&finished))) {
                int done;

                STAILQ_REMOVE_HEAD(&finished, entry);
                done = job->done(job, now);
                if (r >= 0)
                        r = done;
        }
        return r;
}

static int start_threads(WorkerPool *pool, size_t threads)
{
        sigset_t all, before;
        int r = 0;

        /* Signals belong to the loop's signalfd, never to a worker. */
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &before);
        while (r == 0 && pool->n_threads < threads) {
                r = -pthread_create(&pool->threads[pool->n_threads], NULL, worker_main, pool);
                if (r == 0)
                        pool->n_threads++;
        }
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        return r;
}

int worker_pool_new(Loop *loop, size_t threads, size_t max_queued, WorkerPool **ret)
{
        _cleanup_(worker_pool_freep) WorkerPool *pool =
                calloc(1, sizeof(*pool) + threads * sizeof(pool->threads[0]));
        int r;

        if (!pool)
                return -ENOMEM;
        pthread_mutex_init(&pool->lock, NULL);
        pthread_cond_init(&pool->work, NULL);
        STAILQ_INIT(&pool->queued);
        STAILQ_INIT(&pool->finished);
        pool->loop = loop;
        pool->max_queued = max_queued;
        pool->wakeup = (LoopIo){
                .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                .on_ready = on_wakeup,
        };
        if (pool->wakeup.fd < 0)
                return -errno;
        r = loop_add_io(loop, &pool->wakeup, EPOLLIN);
        if (r < 0)
                return r;
        r = start_threads(pool, threads);
        if (r < 0)
                return r;
        *ret = moved(pool);
        return 0;
}

WorkerPool *worker_pool_free(WorkerPool *pool)
{
        if (!pool)
                return NULL;
        pthread_mutex_lock(&pool->lock);
        pool->stop = true;
        pthread_cond_broadcast(&pool->work);
        pthread_mutex_unlock(&pool->lock);
        for (size_t i = 0; i < pool->n_threads; i++)
                pthread_join(pool->threads[i], NULL);
        STAILQ_CONCAT(&pool->finished, &pool->queued);
        (void)on_wakeup(&pool->wakeup, 0, loop_now(pool->loop));
        loop_io_remove(&pool->wakeup);
        fd_close(pool->wakeup.fd);
        pthread_cond_destroy(&pool->work);
        pthread_mutex_destroy(&pool->lock);
        free(pool);
        return NULL;
}

int worker_pool_submit(WorkerPool *pool, WorkerJob *job)
{
        int r = 0;

        pthread_mutex_lock(&pool->lock);
        if (pool->n_queued >= pool->max_queued) {
                r = -EAGAIN;
        } else {
                STAILQ_INSERT_TAIL(&pool->queued, job, entry);
                pool->n_queued++;
                pthread_cond_signal(&pool->work);
        }
        pthread_mutex_unlock(&pool->lock);
        return r;
}
