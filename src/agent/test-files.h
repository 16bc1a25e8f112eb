#pragma once

/*
 * Trees of files as text, for unit tests: "a/ a/f=text a/l->f a/p| a/g&a/f" is a directory with a
 * file, a link, a fifo, and a second name of the file. They are made in the working directory, and
 * told of it, sorted; second names are told as files.
 */

#include "base/test-file.h"

#include <dirent.h>
#include <sys/stat.h>

static inline void files_make_one(char *word)
{
        char *arrow = strstr(word, "->"), *equals = strchr(word, '='), *second = strchr(word, '&');
        size_t last = strlen(word) - 1;
        int r = 0;

        if (arrow) {
                *arrow = '\0';
                r = symlink(arrow + 2, word);
        } else if (equals) {
                _cleanup_(fd_closep) int fd = -1;

                *equals++ = '\0';
                fd = open(word, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
                r = write(fd, equals, strlen(equals)) == (ssize_t)strlen(equals) ? 0 : -1;
        } else if (second) {
                *second = '\0';
                r = link(second + 1, word);
        } else if (word[last] == '|') {
                word[last] = '\0';
                r = mkfifo(word, 0600);
        } else {
                r = mkdir(word, 0755);
        }
        if (r < 0)
                abort();
}

static inline void files_make(const char *files)
{
        _cleanup_(freep) char *copy = strdup(files);
        char *save = NULL;

        for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
                files_make_one(word);
}

static inline void files_tell_one(FILE *out, const char *path, const struct stat *status)
{
        char text[256];
        ssize_t n = 0;

        if (S_ISLNK(status->st_mode)) {
                n = readlink(path, text, sizeof(text));
                (void)fprintf(out, "%s->%.*s ", path, (int)n, text);
        } else if (S_ISREG(status->st_mode)) {
                _cleanup_(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

                n = read(fd, text, sizeof(text));
                (void)fprintf(out, "%s=%.*s ", path, (int)n, text);
        } else {
                (void)fprintf(out, "%s%c ", path, S_ISDIR(status->st_mode) ? '/' : '|');
        }
}

static inline int files_order(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline int files_found(const char *path, const struct stat *status, int type,
                              struct FTW *where);
static FILE *files_out;

static inline int files_found(const char *path, const struct stat *status, int type,
                              struct FTW *where)
{
        (void)type;
        if (where->level > 0)
                files_tell_one(files_out, path + 2, status);
        return 0;
}

/* Return: what there is, for the caller to free. */
static inline char *files_tell(void)
{
        char *told = NULL, *sorted, *save = NULL, *words[64];
        size_t size = 0, n = 0;

        files_out = open_memstream(&told, &size);
        if (nftw(".", files_found, 8, FTW_PHYS) != 0)
                abort();
        (void)fclose(files_out);
        for (char *word = strtok_r(told, " ", &save); word && n < ELEMENTS(words);
             word = strtok_r(NULL, " ", &save))
                words[n++] = word;
        qsort(words, n, sizeof(*words), files_order);
        files_out = open_memstream(&sorted, &size);
        for (size_t i = 0; i < n; i++)
                (void)fprintf(files_out, "%s%s", i ? " " : "", words[i]);
        (void)fclose(files_out);
        free(told);
        return sorted;
}

/* A directory of its own for each row. */
static inline void files_begin(const char *files)
{
        test_directory_make();
        if (chdir(test_directory) < 0)
                abort();
        files_make(files);
}

static inline void files_end(void)
{
        if (chdir("/") < 0)
                abort();
        test_directory_remove();
}
