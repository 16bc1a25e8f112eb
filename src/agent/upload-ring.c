#include "agent/upload-ring.h"

#include <fcntl.h>
#include <sys/mman.h>

#ifndef MFD_NOEXEC_SEAL /* Linux 6.3, where it may be required */
#define MFD_NOEXEC_SEAL 8U
#endif

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)

/* Twice, one behind the other. */
static char *map_twice(int fd, int protection)
{
        char *at = mmap(NULL, 2 * UPLOAD_RING_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (at == MAP_FAILED)
                return NULL;
        for (size_t i = 0; i < 2; i++) {
                if (mmap(at + i * UPLOAD_RING_BYTES, UPLOAD_RING_BYTES, protection,
                         MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED)
                        continue;
                (void)munmap(at, 2 * UPLOAD_RING_BYTES);
                return NULL;
        }
        return at;
}

static int make_file(void)
{
        int fd = memfd_create("upload", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

        if (fd < 0 && errno == EINVAL)
                fd = memfd_create("upload", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        return fd;
}

int upload_ring_make(char **ret, int *ret_fd)
{
        _cleanup_(fd_closep) int fd = make_file();
        char *ring;

        if (fd < 0 || ftruncate(fd, (off_t)UPLOAD_RING_BYTES) < 0)
                return -errno;
        ring = map_twice(fd, PROT_READ | PROT_WRITE);
        if (!ring)
                return -ENOMEM;
        /* From now on nobody maps it for writing, and what we have is not inherited. */
        if (madvise(ring, 2 * UPLOAD_RING_BYTES, MADV_DONTFORK) < 0 ||
            fcntl(fd, F_ADD_SEALS, SEALS) < 0) {
                int r = -errno;

                upload_ring_free(ring);
                return r;
        }
        *ret = ring;
        *ret_fd = moved_fd(fd);
        return 0;
}

char *upload_ring_free(char *ring)
{
        if (ring)
                (void)munmap(ring, 2 * UPLOAD_RING_BYTES);
        return NULL;
}

const char *upload_ring_map(int fd)
{
        return map_twice(fd, PROT_READ);
}
