#pragma once

/*
 * Where a file is: a directory, by descriptor, and a name in it. So what has been looked at and
 * what is changed then are in the same directory, whatever becomes of the path meanwhile.
 */

#include "agent/file-operation.h"

typedef struct FilePlace {
        const char *path; /* as the client spells it */
        int directory;    /* of O_PATH */
        const char *name; /* in there, without slashes; "." for "/" */
        bool slashed;     /* the path ends in a slash: it means a directory */
} FilePlace;

#define FILE_PLACE_NONE ((FilePlace){.directory = -1})

/* Finds where a client's @path leads to; its last name is neither followed nor need it be there. */
int file_place_open(FilePlace *ret, Arena *arena, Fault *fault, const char *path);
void file_place_close(FilePlace *place);

/* "." and "..": they name what has another name, too. */
bool is_dots(const char *name);

/* "/proc/self/fd/@fd": what calls take for a descriptor that they do not take. */
typedef struct FdPath {
        char text[32];
} FdPath;
FdPath fd_path(int fd);

/* 80 random bits in letters and digits. */
typedef struct RandomName {
        char text[17];
} RandomName;
int random_name(RandomName *ret);

/* ".guestops-" and such: what is not yet what it will be, or not for long. */
typedef struct HiddenName {
        char text[32];
} HiddenName;
int hidden_name(HiddenName *ret);
