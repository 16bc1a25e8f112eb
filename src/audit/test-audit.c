/* Audit: every line is one JSON object, and what cannot be written is noticed. */

#include "audit/audit.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/test-file.h"
#include "base/test.h"

#include <jansson.h>
#include <sys/stat.h>

#define VALUE_MAX 4096 /* as audit.c has it */

static Audit *audit_make(const char *path)
{
        Audit *audit = NULL;

        EXPECT_INT(path, audit_open(path, &audit), 0);
        if (!audit)
                abort();
        return audit;
}

static Buf read_file(const char *path)
{
        Buf content = {0};
        FILE *file = fopen(path, "re");
        char data[4096];
        size_t n;

        while (file && (n = fread(data, 1, sizeof(data), file)) > 0)
                buf_put(&content, data, n);
        if (file)
                (void)fclose(file);
        return content;
}

static size_t count_lines(const char *path)
{
        _cleanup_(buf_done) Buf content = read_file(path);
        size_t n = 0;

        for (size_t i = 0; i < content.size; i++)
                n += content.data[i] == '\n';
        return n;
}

/* Return: the one line of the file, which is removed. */
static json_t *take_line(const char *about, const char *path)
{
        _cleanup_(buf_done) Buf content = read_file(path);
        size_t size = content.size;
        json_error_t error = {0};
        json_t *json;

        (void)unlink(path);
        EXPECT(about, size > 0 && memchr(content.data, '\n', size) == content.data + size - 1);
        json = json_loadb(content.data, size, JSON_REJECT_DUPLICATES, &error);
        EXPECT_STR(about, error.text, "");
        return json;
}

static const char *member(const json_t *json, const char *name)
{
        return json_string_value(json_object_get(json, name));
}

static void test_members(void)
{
        static const struct {
                const char *about;
                AuditEvent event;
                const char *members; /* behind the time, in their order */
        } rows[] = {
                {"nothing", {0}, "durationUsec=0"},
                {"a login",
                 {.event = "login", .user = "root", .address = "192.0.2.1", .result = "ok"},
                 "event=login user=root address=192.0.2.1 result=ok durationUsec=0"},
                {"all of them",
                 {
                         .event = "guest-operation",
                         .request_id = "0123",
                         .user = "root",
                         .address = "::1",
                         .vm = "vm-1",
                         .vm_name = "web",
                         .guest_user = "alice",
                         .operation = "StartProgramInGuest",
                         .target = "/bin/true",
                         .result = "GuestPermissionDenied",
                         .duration = 1234567,
                 },
                 "event=guest-operation requestId=0123 user=root address=::1 vm=vm-1 vmName=web "
                 "guestUser=alice operation=StartProgramInGuest target=/bin/true "
                 "result=GuestPermissionDenied durationUsec=1234567"},
                {"an empty text is one", {.event = "", .user = ""}, "event= user= durationUsec=0"},
                {"a very long time", {.duration = INT64_MAX}, "durationUsec=9223372036854775807"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(audit_closep) Audit *audit = audit_make(test_path("log"));
                _cleanup_(buf_done) Buf members = {0};
                json_auto_t *json = NULL;
                const char *name;
                json_t *value;

                EXPECT_INT(rows[i].about, audit_write(audit, &rows[i].event), 0);
                json = take_line(rows[i].about, test_path("log"));
                json_object_foreach (json, name, value) {
                        if (strcmp(name, "time") == 0)
                                continue;
                        buf_putf(&members, "%s%s=", members.size ? " " : "", name);
                        if (json_is_string(value))
                                buf_puts(&members, json_string_value(value));
                        else
                                buf_putf(&members, "%lld", (long long)json_integer_value(value));
                }
                EXPECT_STR(rows[i].about, buf_text(&members), rows[i].members);
        }
}

static void test_time(void)
{
        _cleanup_(audit_closep) Audit *audit = audit_make(test_path("log"));
        int64_t before = clock_realtime(), written = 0;
        json_auto_t *json = NULL;

        EXPECT_INT("write", audit_write(audit, &(AuditEvent){0}), 0);
        json = take_line("time", test_path("log"));
        EXPECT("there is a time", member(json, "time") != NULL);
        if (member(json, "time"))
                EXPECT_INT("it can be read", clock_parse(member(json, "time"), &written), 0);
        EXPECT("it is now", written >= before && written <= clock_realtime());
}

static void test_foreign_bytes(void)
{
        static const struct {
                const char *about, *text;
        } rows[] = {
                {"quotes", "say \"hello\""},
                {"a backslash", "C:\\Windows\\System32"},
                {"a backslash at the end", "a\\"},
                {"an end of line", "a\nb\r\n"},
                {"a forged line", "x\"}\n{\"event\":\"login\",\"user\":\"root\"}"},
                {"a tab", "a\tb"},
                {"control characters", "\x01\x02\x1f\x7f"},
                {"an escape of a terminal", "\x1b[2J\x1b]0;title\x07"},
                {"UTF-8", "K\xc3\xb6ln \xe2\x82\xac \xf0\x9f\x98\x80"},
                {"what looks like an escape", "\\u0041"},
                {"a slash", "/usr/bin/true"},
                {"what C would format", "%s%n%d"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(audit_closep) Audit *audit = audit_make(test_path("log"));
                const AuditEvent event = {
                        .event = "login",
                        .user = rows[i].text,
                        .target = rows[i].text,
                };
                json_auto_t *json = NULL;

                EXPECT_INT(rows[i].about, audit_write(audit, &event), 0);
                json = take_line(rows[i].about, test_path("log"));
                EXPECT_STR(rows[i].about, member(json, "user"), rows[i].text);
                EXPECT_STR(rows[i].about, member(json, "target"), rows[i].text);
                EXPECT_STR(rows[i].about, member(json, "event"), "login");
        }
}

/* What is too long is cut, not left out: nobody may escape by a long name. */
static void test_long_values(void)
{
        static const struct {
                const char *about, *piece;
                size_t n;    /* pieces */
                size_t kept; /* bytes */
                bool cut;
        } rows[] = {
                {"just fits", "x", VALUE_MAX, VALUE_MAX, false},
                {"one too many", "x", VALUE_MAX + 1, VALUE_MAX, true},
                {"many too many", "x", 65536, VALUE_MAX, true},
                {"all control characters", "\x01", 65536, VALUE_MAX, true},
                {"all quotes", "\"", 65536, VALUE_MAX, true},
                {"two bytes each", "\xc3\xb6", 4000, VALUE_MAX, true},
                {"three bytes each: none is cut in two", "\xe2\x82\xac", 4000, VALUE_MAX / 3 * 3,
                 true},
                {"four bytes each", "\xf0\x9f\x98\x80", 4000, VALUE_MAX, true},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(audit_closep) Audit *audit = audit_make(test_path("log"));
                _cleanup_(buf_done) Buf text = {0}, wanted = {0};
                json_auto_t *json = NULL;
                AuditEvent event;

                for (size_t k = 0; k < rows[i].n; k++)
                        buf_puts(&text, rows[i].piece);
                buf_put(&wanted, text.data, rows[i].kept);
                buf_puts(&wanted, rows[i].cut ? "..." : "");
                event = (AuditEvent){
                        .event = "login",
                        .user = buf_text(&text),
                        .guest_user = buf_text(&text),
                        .target = buf_text(&text),
                        .result = "ok",
                };
                EXPECT_INT(rows[i].about, audit_write(audit, &event), 0);
                EXPECT(rows[i].about, audit_is_able(audit));
                json = take_line(rows[i].about, test_path("log"));
                EXPECT(rows[i].about, member(json, "user") &&
                                              strcmp(member(json, "user"), buf_text(&wanted)) == 0);
                EXPECT_STR(rows[i].about, member(json, "result"), "ok");
        }
}

static void test_file(void)
{
        _cleanup_(audit_closep) Audit *audit = NULL;
        const AuditEvent event = {.event = "login"};
        struct stat status = {0};

        EXPECT_INT("no directory", audit_open("/nonexistent/log", &audit), -ENOENT);
        EXPECT_INT("a directory", audit_open(test_directory, &audit), -EISDIR);
        EXPECT("nothing is open", !audit);
        audit = audit_make(test_path("log"));
        EXPECT_INT("stat", stat(test_path("log"), &status), 0);
        EXPECT_INT("others do not read it", status.st_mode & 027, 0);
        audit_write(audit, &event);
        audit = audit_close(audit);

        audit = audit_make(test_path("log"));
        audit_write(audit, &event);
        EXPECT_INT("what was there stays", count_lines(test_path("log")), 2);

        EXPECT_INT("rotate", rename(test_path("log"), test_path("log.1")), 0);
        audit_write(audit, &event);
        EXPECT_INT("still the old one", count_lines(test_path("log.1")), 3);
        EXPECT_INT("reopen", audit_reopen(audit), 0);
        audit_write(audit, &event);
        EXPECT_INT("the old one is left alone", count_lines(test_path("log.1")), 3);
        EXPECT_INT("the new one", count_lines(test_path("log")), 1);
        (void)unlink(test_path("log.1"));
        (void)unlink(test_path("log"));
        EXPECT("audit_close(NULL)", audit_close(NULL) == NULL);
}

static void test_full_disk(void)
{
        const AuditEvent event = {.event = "login"};
        _cleanup_(audit_closep) Audit *audit = NULL;
        json_auto_t *json = NULL;

        EXPECT_INT("a disk that is full", symlink("/dev/full", test_path("log")), 0);
        audit = audit_make(test_path("log"));
        EXPECT("nothing has failed yet", audit_is_able(audit));
        EXPECT_INT("write", audit_write(audit, &event), -ENOSPC);
        EXPECT("it is noticed", !audit_is_able(audit));
        EXPECT("it stays so", !audit_is_able(audit));
        EXPECT_INT("write", audit_write(audit, &event), -ENOSPC);

        (void)unlink(test_path("log"));
        EXPECT_INT("reopen", audit_reopen(audit), 0);
        EXPECT("it is able again", audit_is_able(audit));
        json = take_line("and says so", test_path("log"));
        EXPECT_STR("and says so", member(json, "event"), "audit-resumed");
}

static void test_cannot_reopen(void)
{
        _cleanup_(audit_closep) Audit *audit = audit_make(test_path("log"));

        EXPECT_INT("rotate", rename(test_path("log"), test_path("log.1")), 0);
        EXPECT_INT("a directory in its place", mkdir(test_path("log"), 0700), 0);
        EXPECT_INT("reopen", audit_reopen(audit), -EISDIR);
        EXPECT_INT("the old one goes on", audit_write(audit, &(AuditEvent){0}), 0);
        EXPECT_INT("the old one goes on", count_lines(test_path("log.1")), 1);
}

int main(void)
{
        test_directory_make();
        test_members();
        test_time();
        test_foreign_bytes();
        test_long_values();
        test_file();
        test_full_disk();
        test_cannot_reopen();
        test_directory_remove();
        return test_end();
}
