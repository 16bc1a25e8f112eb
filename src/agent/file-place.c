#include "agent/file-place.h"

#include "agent/guest-path.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>

int file_place_open(FilePlace *ret, Arena *arena, Fault *fault, const char *path)
{
        FilePlace place = {.path = path, .directory = -1};
        char *bytes = guest_path_decode(arena, path), *slash;
        size_t n;

        if (!bytes)
                return -ENOMEM;
        n = strlen(bytes);
        place.slashed = n > 1 && bytes[n - 1] == '/';
        while (n > 1 && bytes[n - 1] == '/')
                bytes[--n] = '\0';
        slash = strrchr(bytes, '/');
        place.name = slash ? slash + 1 : bytes;
        if (!*place.name)
                place.name = ".";
        if (slash)
                *slash = '\0';
        place.directory = open(!slash           ? "."
                               : slash == bytes ? "/"
                                                : bytes,
                               O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (place.directory < 0)
                return file_fault(fault, arena, path, errno);
        *ret = place;
        return 0;
}

void file_place_close(FilePlace *place)
{
        place->directory = fd_close(place->directory);
}

bool is_dots(const char *name)
{
        return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

FdPath fd_path(int fd)
{
        FdPath path;

        (void)snprintf(path.text, sizeof(path.text), "/proc/self/fd/%d", fd);
        return path;
}

int random_name(RandomName *ret)
{
        static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
        unsigned char random[sizeof(ret->text) - 1];

        if (getrandom(random, sizeof(random), 0) != sizeof(random))
                return -EIO;
        for (size_t i = 0; i < sizeof(random); i++)
                ret->text[i] = digits[random[i] % (sizeof(digits) - 1)];
        ret->text[sizeof(random)] = '\0';
        return 0;
}

int hidden_name(HiddenName *ret)
{
        RandomName random;
        int r = random_name(&random);

        if (r >= 0)
                (void)snprintf(ret->text, sizeof(ret->text), ".guestops-%s", random.text);
        return r;
}
