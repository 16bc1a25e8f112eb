/* The memory of an upload: what the worker, or who has taken it over, can do with it. */

#include "agent/file-place.h"
#include "agent/upload-ring.h"
#include "base/test.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

static char *ring;
static int fd = -1;

static void test_content(void)
{
        const char *there = upload_ring_map(fd);
        char *last = ring + UPLOAD_RING_BYTES - 3;

        EXPECT("mapped", there != NULL);
        if (!there)
                return;
        memcpy(last, "across", 6);
        EXPECT("in one piece", memcmp(there + UPLOAD_RING_BYTES - 3, "across", 6) == 0);
        EXPECT("its end is at the beginning", memcmp(there, "oss", 3) == 0);
        EXPECT("here, too", memcmp(ring, "oss", 3) == 0);
        EXPECT_INT("not to be written", mprotect((char *)there, 1, PROT_READ | PROT_WRITE), -1);
        upload_ring_free((char *)there);
}

static void test_sealed(void)
{
        _cleanup_(fd_closep) int again = open(fd_path(fd).text, O_RDWR | O_CLOEXEC);
        const int fds[] = {fd, again};

        for (size_t i = 0; i < ELEMENTS(fds); i++) {
                EXPECT("no second writer", mmap(NULL, UPLOAD_RING_BYTES, PROT_READ | PROT_WRITE,
                                                MAP_SHARED, fds[i], 0) == MAP_FAILED);
                EXPECT_INT("not written to", pwrite(fds[i], "x", 1, 0), -1);
                EXPECT_INT("not cut", ftruncate(fds[i], 0), -1);
                EXPECT_INT("not longer", ftruncate(fds[i], 2 * (off_t)UPLOAD_RING_BYTES), -1);
                EXPECT_INT("no hole",
                           fallocate(fds[i], FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096),
                           -1);
                EXPECT_INT("not unsealed", fcntl(fds[i], F_ADD_SEALS, F_SEAL_WRITE), -1);
        }
}

/* Return: whether a child has it. */
static bool is_inherited(const char *memory)
{
        pid_t pid = fork();
        int status = -1;

        if (pid == 0)
                _exit(msync((void *)memory, 1, MS_ASYNC) == 0);
        EXPECT("waited", pid > 0 && waitpid(pid, &status, 0) == pid);
        return status != 0;
}

static void test_inherited(void)
{
        EXPECT("the writer's is not", !is_inherited(ring));
        EXPECT("nor the second half", !is_inherited(ring + UPLOAD_RING_BYTES));
}

int main(void)
{
        EXPECT_INT("made", upload_ring_make(&ring, &fd), 0);
        if (ring) {
                test_content();
                test_sealed();
                test_inherited();
        }
        fd_close(fd);
        upload_ring_free(ring);
        return test_end();
}
