/* Tree: what is removed, however deep, while others change it. */

#include "agent/file-place.h"
#include "agent/test-files.h"
#include "agent/tree.h"
#include "base/test.h"

#include <pthread.h>
#include <stdatomic.h>

#define DEPTH  900 /* more than is held open */
#define ROUNDS 300
#define MANY   3000

/* Return: the directory at the bottom. */
static int make_deep(const char *name, unsigned int depth)
{
        int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        for (unsigned int i = 0; i < depth; i++) {
                int next;

                if (mkdirat(fd, name, 0700) < 0 || symlinkat("..", fd, "up") < 0)
                        abort();
                next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                fd_close(fd);
                fd = next;
        }
        return fd;
}

static void test_depth(void)
{
        files_begin("a/ b/");
        if (chdir("a") < 0)
                abort();
        fd_close(make_deep("d", DEPTH));
        EXPECT_INT("deep", tree_remove(AT_FDCWD, "d"), 0);
        if (unlink("up") < 0 || chdir("..") < 0)
                abort();
        EXPECT_INT("deep", rmdir("a"), 0);
        files_end();
}

static void test_depth_of_copies(void)
{
        const TreePlace copy = {AT_FDCWD, "d", AT_FDCWD, "e"};

        files_begin("");
        fd_close(make_deep("d", DEPTH / 2));
        EXPECT_INT("deep copy", tree_copy(&copy), -EMFILE);
        EXPECT_INT("no copy", access("e", F_OK), -1);
        EXPECT_INT("deep", tree_remove(AT_FDCWD, "d"), 0);
        files_end();
}

static void test_moved_away(void)
{
        int bottom;

        files_begin("a/ b/ b/f=1");
        bottom = make_deep("d", 2);
        /* Not even what has the same name is taken for it. */
        if (renameat(AT_FDCWD, "d/d", AT_FDCWD, "b/d") < 0 || symlink("../b", "d/d") < 0)
                abort();
        EXPECT_INT("link instead", tree_remove(AT_FDCWD, "d"), 0);
        EXPECT_INT("what it leads to", access("b/f", F_OK), 0);
        EXPECT_INT("what was there", access("b/d", F_OK), 0);
        fd_close(bottom);
        files_end();
}

static void test_many(void)
{
        char name[32];

        files_begin("a/");
        for (unsigned int i = 0; i < MANY; i++) {
                (void)snprintf(name, sizeof(name), "a/file-%u", i);
                test_write(name, "x");
        }
        EXPECT_INT("many", tree_remove(AT_FDCWD, "a"), 0);
        EXPECT_INT("many", access("a", F_OK), -1);
        files_end();
}

/* races */

typedef struct Race {
        atomic_bool over;
        atomic_uint flips;
} Race;

/* What is a directory at one moment leads out of the tree at the next. */
static void *flip(void *user)
{
        Race *race = user;

        while (!atomic_load(&race->over)) {
                (void)mkdir("a", 0755);
                (void)mkdir("a/d", 0755);
                fd_close(open("a/d/f", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
                (void)rename("a/d", "a/e");
                if (symlink("../out", "a/d") == 0)
                        atomic_fetch_add(&race->flips, 1);
                (void)unlink("a/d");
                (void)rename("a/e", "a/d");
        }
        return NULL;
}

static void test_flipped_links(void)
{
        Race race = {false};
        pthread_t thread;

        files_begin("out/ out/f=1 out/g/ out/g/h=2");
        if (pthread_create(&thread, NULL, flip, &race) != 0)
                abort();
        for (unsigned int i = 0; i < ROUNDS || atomic_load(&race.flips) < ROUNDS; i++) {
                int r = tree_remove(AT_FDCWD, "a");

                if (r < 0 && r != -ENOENT && r != -ENOTEMPTY)
                        EXPECT_INT("while links are flipped", r, 0);
        }
        atomic_store(&race.over, true);
        (void)pthread_join(thread, NULL);
        (void)tree_remove(AT_FDCWD, "a");
        {
                _cleanup_(freep) char *told = files_tell();

                EXPECT_STR("what is outside", told, "out/ out/f=1 out/g/ out/g/h=2");
        }
        files_end();
}

static void *remove_too(void *user)
{
        int *r = user;

        *r = tree_remove(AT_FDCWD, "a");
        return NULL;
}

static void test_two_at_once(void)
{
        for (unsigned int i = 0; i < 20; i++) {
                pthread_t thread;
                int r = 0, other = 0;

                files_begin("a/ a/b/ a/b/c/ a/b/c/f= a/b/d= a/g= a/h/ a/h/i= a/h/j=");
                if (pthread_create(&thread, NULL, remove_too, &other) != 0)
                        abort();
                r = tree_remove(AT_FDCWD, "a");
                (void)pthread_join(thread, NULL);
                EXPECT("two at once", r == 0 || r == -ENOENT);
                EXPECT("two at once", other == 0 || other == -ENOENT);
                EXPECT_INT("two at once", access("a", F_OK), -1);
                files_end();
        }
}

int main(void)
{
        test_depth();
        test_depth_of_copies();
        test_moved_away();
        test_many();
        test_flipped_links();
        test_two_at_once();
        return test_end();
}
