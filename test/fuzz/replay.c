/* Feeds a fuzz target once with each named file, and with each file of each named directory. */

#include "base/buf.h"

#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>

static unsigned int n_files, n_failed;

static void replay_file(const char *path)
{
        FILE *file = fopen(path, "re");
        _cleanup_(buf_done) Buf text = {0};
        uint8_t *exact;
        char data[4096];
        size_t n;

        while (file && (n = fread(data, 1, sizeof(data), file)) > 0)
                buf_put(&text, data, n);
        exact = file && !ferror(file) ? malloc(text.size ? text.size : 1) : NULL;
        if (file)
                (void)fclose(file);
        if (!exact || buf_error(&text)) {
                (void)fprintf(stderr, "cannot read %s\n", path);
                n_failed++;
        } else {
                if (text.size)
                        memcpy(exact, text.data, text.size);
                (void)LLVMFuzzerTestOneInput(exact, text.size);
                n_files++;
        }
        free(exact);
}

static void replay(const char *path)
{
        const struct dirent *entry;
        DIR *dir = opendir(path);
        char inner[4096];

        if (!dir) {
                replay_file(path);
                return;
        }
        while ((entry = readdir(dir))) {
                if (entry->d_name[0] == '.')
                        continue;
                (void)snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
                replay(inner);
        }
        closedir(dir);
}

int main(int argc, char **argv)
{
        for (int i = 1; i < argc; i++)
                replay(argv[i]);
        (void)fprintf(stderr, "%u files replayed, %u not\n", n_files, n_failed);
        return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
