/* What is wrong with the guest's own set-up: each alone, and where PAM looks. */

#include "agent/problems.h"
#include "base/buf.h"

#include "base/test-file.h"
#include "base/test.h"

#include <sys/stat.h>

static void test_words(void)
{
        static const struct {
                const char *about;
                uid_t uid;
                bool disabled, config_invalid;
                const char *first, *second, *file; /* made below the directory; NULL: none */
                const char *words;
        } rows[] = {
                {"all is well", 0, false, false, "etc/agent", NULL, NULL, ""},
                {"not root", 7, false, false, "etc/agent", NULL, NULL, "not-root "},
                {"disabled", 0, true, false, "etc/agent", NULL, NULL, "operations-disabled "},
                {"a bad file", 0, false, true, "etc/agent", NULL, NULL, "configuration-invalid "},
                {"PAM's other directory", 0, false, false, NULL, "lib/agent", NULL, ""},
                {"no service", 0, false, false, NULL, NULL, NULL, "pam-service-missing "},
                {"one for others", 0, false, false, "etc/login", NULL, NULL,
                 "pam-service-missing "},
                {"a file that does not count", 0, false, false, NULL, NULL, "conf",
                 "pam-service-missing "},
                {"everything", 7, true, true, NULL, NULL, NULL,
                 "configuration-invalid not-root operations-disabled pam-service-missing "},
        };

        if (mkdir(test_path("etc"), 0700) < 0 || mkdir(test_path("lib"), 0700) < 0)
                abort();
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(buf_done) Buf words = {0};
                char etc[128], lib[128], conf[128];
                const char *const directories[] = {etc, lib, NULL};
                const char *found[PROBLEMS_MAX];
                const char *const made[] = {rows[i].first, rows[i].second, rows[i].file};
                const Setup setup = {
                        .pam_service = "agent",
                        .pam_directories = directories,
                        .pam_file = conf,
                        .uid = rows[i].uid,
                        .disabled = rows[i].disabled,
                        .config_invalid = rows[i].config_invalid,
                };
                size_t n;

                (void)snprintf(etc, sizeof(etc), "%s/etc", test_directory);
                (void)snprintf(lib, sizeof(lib), "%s/lib", test_directory);
                (void)snprintf(conf, sizeof(conf), "%s/conf", test_directory);
                for (size_t k = 0; k < ELEMENTS(made); k++)
                        if (made[k])
                                test_write(made[k], "");
                n = problems_find(&setup, found);
                for (size_t k = 0; k < n; k++)
                        buf_putf(&words, "%s ", found[k]);
                EXPECT_STR(rows[i].about, buf_text(&words), rows[i].words);
                for (size_t k = 0; k < ELEMENTS(made); k++)
                        if (made[k])
                                test_write(made[k], NULL);
        }
}

static void test_without_directories(void)
{
        char conf[128];
        const char *const nowhere[] = {"/nonexistent/pam.d", NULL};
        const char *found[PROBLEMS_MAX];
        const Setup setup = {
                .pam_service = "agent",
                .pam_directories = nowhere,
                .pam_file = conf,
        };

        (void)snprintf(conf, sizeof(conf), "%s/conf", test_directory);
        EXPECT_INT("no PAM at all", problems_find(&setup, found), 1);
        test_write("conf", "");
        EXPECT_INT("one file for all services", problems_find(&setup, found), 0);
}

int main(void)
{
        test_directory_make();
        test_words();
        test_without_directories();
        test_directory_remove();
        return test_end();
}
