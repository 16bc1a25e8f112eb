/* JSON inwards, as rows: what a client may say, and what is understood. */

#include "wire/test-read.h"
#include "wire/write.h"

#define VM   "\"vm\":{\"type\":\"VirtualMachine\",\"value\":\"vm-1\"}"
#define TYPE "\"_typeName\":"
#define AUTH                                                                                       \
        "\"auth\":{" TYPE "\"NamePasswordAuthentication\",\"interactiveSession\":false,"           \
        "\"username\":\"u\",\"password\":\"p\"}"
#define SPEC "\"spec\":{\"programPath\":\"/bin/sh\",\"arguments\":\"\"}"

#define START(a, b, c)     "{" a "," b "," c "}"
#define AUTH_OF(type)      "\"auth\":{" TYPE "\"" type "\"}"
#define SPEC_WITH(members) "\"spec\":{" members "}"
#define TEXT(name, text)   "\"" name "\":\"" text "\""
#define YES(name)          "\"" name "\":true"
#define SPEC_ENV(env)                                                                              \
        "{" VM "," AUTH ",\"spec\":{\"programPath\":\"p\",\"arguments\":\"\","                     \
        "\"envVariables\":" env "}}"
#define PIDS(one, two) "{" VM "," AUTH ",\"pids\":[" one "," two "]}"
#define PIDS_AS(pids)  "{" VM "," AUTH ",\"pids\":" pids "}"
#define USER(name)     "{\"password\":\"p\",\"userName\":" name "}"
#define INTERACTIVE(yes)                                                                           \
        "{" VM ",\"auth\":{" TYPE "\"SSPIAuthentication\",\"sspiToken\":\"t\","                    \
        "\"interactiveSession\":" yes "}}"

#define STATE(state, connections) STATE_AS("\"" state "\"", connections)
#define STATE_AS(state, connections)                                                               \
        "{\"connectionState\":\"connected\",\"powerState\":" state                                 \
        ",\"faultToleranceState\":\"disabled\",\"toolsInstallerMounted\":false,"                   \
        "\"numMksConnections\":" connections ",\"recordReplayState\":\"inactive\","                \
        "\"onlineStandby\":false,\"consolidationNeeded\":true}"
#define SESSION(time) SESSION_AS("\"" time "\"")
#define SESSION_AS(time)                                                                           \
        "{\"key\":\"k\",\"userName\":\"u\",\"fullName\":\"f\",\"locale\":\"en\","                  \
        "\"messageLocale\":\"en\",\"extensionSession\":false,\"ipAddress\":\"::1\","               \
        "\"userAgent\":\"a\",\"callCount\":0,\"lastActiveTime\":\"1970-01-01T00:00:00Z\","         \
        "\"loginTime\":" time "}"
#define GUEST(members) "{\"guestState\":\"running\"" members "}"

#include "wire/test-read-same.h"

static void test_type_names(void)
{
        static const ReadRow rows[] = {
                {"root: its own name", SP,
                 "{" TYPE "\"StartProgramInGuestRequestType\"," VM "," AUTH "," SPEC "}", WIRE_OK,
                 ""},
                {"root: the method's name", SP,
                 "{" TYPE "\"StartProgramInGuest\"," VM "," AUTH "," SPEC "}", WIRE_OK, ""},
                {"root: any name", SP, "{" VM "," AUTH "," SPEC "," TYPE "\"?\"}", WIRE_OK, ""},
                {"root: no text", SP, "{" TYPE "7," VM "," AUTH "," SPEC "}", WIRE_OK, ""},
                {"auth: last", SP,
                 "{" VM "," SPEC ",\"auth\":{\"interactiveSession\":false,\"username\":\"u\","
                 "\"password\":\"p\"," TYPE "\"NamePasswordAuthentication\"}}",
                 WIRE_OK, ""},
                {"auth: in the middle", SP,
                 "{" VM "," SPEC ",\"auth\":{\"username\":\"u\"," TYPE
                 "\"NamePasswordAuthentication\",\"interactiveSession\":false,\"password\":\"p\"}}",
                 WIRE_OK, ""},
                {"auth: another subtype", SP,
                 "{" VM "," SPEC ",\"auth\":{" TYPE "\"TicketedSessionAuthentication\","
                 "\"interactiveSession\":true,\"ticket\":\"t\"}}",
                 WIRE_OK, ""},
                {"auth: none", SP,
                 "{" VM "," SPEC ",\"auth\":{\"interactiveSession\":false,\"username\":\"u\","
                 "\"password\":\"p\"}}",
                 WIRE_BAD_TYPE, "auth"},
                {"auth: placeholder of the document", SP, "{" VM ",\"auth\":{" TYPE "\"string\"}}",
                 WIRE_BAD_TYPE, "auth"},
                {"auth: no text", SP, "{" VM ",\"auth\":{" TYPE "1}}", WIRE_BAD_TYPE, "auth"},
                {"auth: null", SP, "{" VM ",\"auth\":{" TYPE "null}}", WIRE_BAD_TYPE, "auth"},
                {"spec: its own name", SP,
                 "{" VM "," AUTH ",\"spec\":{" TYPE "\"GuestProgramSpec\",\"programPath\":\"p\","
                 "\"arguments\":\"a\"}}",
                 WIRE_OK, ""},
                {"spec: a subtype", SP,
                 "{" VM "," AUTH ",\"spec\":{\"programPath\":\"p\",\"arguments\":\"a\","
                 "\"startMinimized\":true," TYPE "\"GuestWindowsProgramSpec\"}}",
                 WIRE_OK, ""},
                {"spec: no subtype", SP,
                 "{" VM "," AUTH ",\"spec\":{" TYPE "\"MethodFault\",\"programPath\":\"p\"}}",
                 WIRE_BAD_TYPE, "spec"},
        };

        check_rows(json_read, rows, ELEMENTS(rows));
}

static void test_members(void)
{
        static const ReadRow rows[] = {
                {"nothing sent, nothing wanted", NONE, "", WIRE_OK, ""},
                {"empty object", NONE, "{}", WIRE_OK, ""},
                {"blanks around", NONE, " \r\n\t{ } \n", WIRE_OK, ""},
                {"unknown where nothing is wanted", NONE, "{\"a\":1}", WIRE_BAD_VALUE, "a"},
                {"nothing sent", LI, "", WIRE_BAD_VALUE, "userName"},
                {"missing: the first", SP, "{}", WIRE_BAD_VALUE, "vm"},
                {"missing: auth", SP, "{" VM "," SPEC "}", WIRE_BAD_VALUE, "auth"},
                {"missing: spec", SP, "{" VM "," AUTH "}", WIRE_BAD_VALUE, "spec"},
                {"null: optional", LI, "{\"userName\":\"u\",\"password\":\"p\",\"locale\":null}",
                 WIRE_OK, ""},
                {"null: required", LI, "{\"userName\":null,\"password\":\"p\"}", WIRE_BAD_VALUE,
                 "userName"},
                {"null: required bool", SP,
                 "{" VM "," SPEC ",\"auth\":{" TYPE "\"NamePasswordAuthentication\","
                 "\"interactiveSession\":null,\"username\":\"u\",\"password\":\"p\"}}",
                 WIRE_BAD_VALUE, "auth.interactiveSession"},
                {"null: array", LP, "{" VM "," AUTH ",\"pids\":null}", WIRE_OK, ""},
                {"null: object", SP, "{" VM "," AUTH ",\"spec\":null}", WIRE_BAD_VALUE, "spec"},
                {"null: element", LP, "{" VM "," AUTH ",\"pids\":[1,null]}", WIRE_BAD_VALUE,
                 "pids[1]"},
                {"unknown", LI, "{\"userName\":\"u\",\"password\":\"p\",\"x\":1}", WIRE_BAD_VALUE,
                 "x"},
                {"unknown and null", LI, "{\"userName\":\"u\",\"password\":\"p\",\"x\":null}",
                 WIRE_BAD_VALUE, "x"},
                {"unknown: other case", LI, "{\"username\":\"u\",\"password\":\"p\"}",
                 WIRE_BAD_VALUE, "username"},
                {"unknown: no name", LI, "{\"\":1}", WIRE_BAD_VALUE, ""},
                {"twice", LI, "{\"userName\":\"u\",\"userName\":\"v\",\"password\":\"p\"}",
                 WIRE_MALFORMED, ""},
                {"twice, once escaped", LI,
                 "{\"userName\":\"u\",\"user\\u004eame\":\"v\",\"password\":\"p\"}", WIRE_MALFORMED,
                 ""},
        };

        check_rows(json_read, rows, ELEMENTS(rows));
}

static void test_kinds(void)
{
        static const ReadRow rows[] = {
                {"string: number", LI, USER("7"), WIRE_BAD_VALUE, "userName"},
                {"string: true", LI, USER("true"), WIRE_BAD_VALUE, "userName"},
                {"string: object", LI, USER("{}"), WIRE_BAD_VALUE, "userName"},
                {"string: array", LI, USER("[\"u\"]"), WIRE_BAD_VALUE, "userName"},
                {"string: empty", LI, USER("\"\""), WIRE_OK, ""},
                {"object: string", SP, "{" VM "," AUTH ",\"spec\":\"p\"}", WIRE_BAD_VALUE, "spec"},
                {"object: array", SP, "{" VM "," AUTH ",\"spec\":[]}", WIRE_BAD_VALUE, "spec"},
                {"object: number", SP, "{" VM ",\"auth\":0}", WIRE_BAD_VALUE, "auth"},
                {"array: object", LP, PIDS_AS("{}"), WIRE_BAD_VALUE, "pids"},
                {"array: one number", LP, PIDS_AS("7"), WIRE_BAD_VALUE, "pids"},
                {"array: empty", LP, PIDS_AS("[]"), WIRE_OK, ""},
                {"array: of strings", LP, PIDS_AS("[1,\"2\"]"), WIRE_BAD_VALUE, "pids[1]"},
                {"array: of arrays", LP, PIDS_AS("[[1]]"), WIRE_BAD_VALUE, "pids[0]"},
                {"strings", SP, SPEC_ENV("[\"A=1\",\"B=2\"]"), WIRE_OK, ""},
                {"strings: a number in it", SP, SPEC_ENV("[\"A=1\",\"B=2\",\"C=3\",4]"),
                 WIRE_BAD_VALUE, "spec.envVariables[3]"},
                {"bool: number", LP, INTERACTIVE("1"), WIRE_BAD_VALUE, "auth.interactiveSession"},
                {"bool: text", LP, INTERACTIVE("\"true\""), WIRE_BAD_VALUE,
                 "auth.interactiveSession"},
                {"long: too large", LP, PIDS_AS("[9223372036854775808]"), WIRE_MALFORMED, ""},
                {"long: too small", LP, PIDS_AS("[-9223372036854775809]"), WIRE_MALFORMED, ""},
                {"long: whole fraction", LP, PIDS_AS("[1.0]"), WIRE_BAD_VALUE, "pids[0]"},
                {"long: true", LP, PIDS_AS("[true]"), WIRE_BAD_VALUE, "pids[0]"},
                {"long: minus zero", LP, PIDS_AS("[-0]"), WIRE_OK, ""},
        };

        check_rows(json_read, rows, ELEMENTS(rows));
}

static void test_parsing(void)
{
        static const ReadRow rows[] = {
                {"array", NONE, "[]", WIRE_MALFORMED, ""},
                {"string", NONE, "\"{}\"", WIRE_MALFORMED, ""},
                {"null", NONE, "null", WIRE_MALFORMED, ""},
                {"number", NONE, "7", WIRE_MALFORMED, ""},
                {"blanks alone", NONE, "  \n", WIRE_MALFORMED, ""},
                {"cut off", LI, "{\"userName\":\"u\",\"password\":\"p\"", WIRE_MALFORMED, ""},
                {"cut off in a name", LI, "{\"userNa", WIRE_MALFORMED, ""},
                {"two objects", NONE, "{}{}", WIRE_MALFORMED, ""},
                {"something behind it", NONE, "{}x", WIRE_MALFORMED, ""},
                {"comma too many", LI, "{\"userName\":\"u\",\"password\":\"p\",}", WIRE_MALFORMED,
                 ""},
                {"no quotes", LI, "{userName:\"u\"}", WIRE_MALFORMED, ""},
                {"single quotes", LI, "{'userName':'u'}", WIRE_MALFORMED, ""},
                {"comment", NONE, "{/* */}", WIRE_MALFORMED, ""},
                {"byte order mark", NONE, "\xef\xbb\xbf{}", WIRE_MALFORMED, ""},
                {"NaN", LP, PIDS_AS("[NaN]"), WIRE_MALFORMED, ""},
                {"leading zero", LP, PIDS_AS("[01]"), WIRE_MALFORMED, ""},
                {"plus", LP, PIDS_AS("[+1]"), WIRE_MALFORMED, ""},
                {"NUL, escaped", LI, USER("\"a\\u0000b\""), WIRE_MALFORMED, ""},
                {"NUL in a name", LI, "{\"user\\u0000Name\":\"u\"}", WIRE_MALFORMED, ""},
                {"control character", LI, USER("\"a\nb\""), WIRE_MALFORMED, ""},
                {"control character, escaped", LI, USER("\"a\\n\\u001fb\""), WIRE_OK, ""},
                {"half a surrogate", LI, USER("\"\\ud800\""), WIRE_MALFORMED, ""},
                {"both halves", LI, USER("\"\\ud83d\\ude00\""), WIRE_OK, ""},
                {"unknown escape", LI, USER("\"\\x41\""), WIRE_MALFORMED, ""},
                {"UTF-8", LI, USER("\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""), WIRE_OK, ""},
                {"UTF-8: alone", LI, USER("\"\x80\""), WIRE_MALFORMED, ""},
                {"UTF-8: cut off", LI, USER("\"\xe2\x82\""), WIRE_MALFORMED, ""},
                {"UTF-8: overlong", LI, USER("\"\xc0\xaf\""), WIRE_MALFORMED, ""},
                {"UTF-8: surrogate", LI, USER("\"\xed\xa0\x80\""), WIRE_MALFORMED, ""},
                {"UTF-8: above the last", LI, USER("\"\xf4\x90\x80\x80\""), WIRE_MALFORMED, ""},
                {"UTF-8: latin 1", LI, USER("\"\xe4\""), WIRE_MALFORMED, ""},
                {"UTF-8: in a name", LI, "{\"\xff\":1}", WIRE_MALFORMED, ""},
        };
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        void *object = NULL;
        WireError error;

        check_rows(json_read, rows, ELEMENTS(rows));
        EXPECT_INT("NUL byte", read_text(json_read, arena, "{}\0", 3, NONE, &object, &error),
                   -EBADMSG);
        EXPECT_INT("NUL byte", error.kind, WIRE_MALFORMED);
        EXPECT_INT("no byte at all", json_read(arena, NULL, 0, NONE, &object, &error), 0);
}

#define WITH_VM(vm) "{" AUTH "," SPEC ",\"vm\":" vm "}"

static void test_references(void)
{
        static const ReadRow rows[] = {
                {"without name", SP, WITH_VM("{\"type\":\"VirtualMachine\",\"value\":\"vm-1\"}"),
                 WIRE_OK, ""},
                {"with name", SP,
                 WITH_VM("{" TYPE "\"ManagedObjectReference\",\"type\":\"VirtualMachine\","
                         "\"value\":\"vm-1\"}"),
                 WIRE_OK, ""},
                {"with name at the end", SP,
                 WITH_VM("{\"value\":\"vm-1\",\"type\":\"VirtualMachine\"," TYPE
                         "\"ManagedObjectReference\"}"),
                 WIRE_OK, ""},
                {"with a server", SP,
                 WITH_VM("{\"type\":\"VirtualMachine\",\"value\":\"vm-1\","
                         "\"serverGuid\":\"0b5e\"}"),
                 WIRE_OK, ""},
                {"with no server", SP,
                 WITH_VM("{\"type\":\"VirtualMachine\",\"value\":\"vm-1\",\"serverGuid\":null}"),
                 WIRE_OK, ""},
                {"another name", SP, WITH_VM("{" TYPE "\"VirtualMachine\",\"value\":\"vm-1\"}"),
                 WIRE_BAD_TYPE, "vm"},
                {"another member", SP,
                 WITH_VM("{\"type\":\"VirtualMachine\",\"value\":\"vm-1\",\"name\":\"x\"}"),
                 WIRE_BAD_VALUE, "vm.name"},
                {"no type", SP, WITH_VM("{\"value\":\"vm-1\"}"), WIRE_BAD_VALUE, "vm.type"},
                {"no value", SP, WITH_VM("{\"type\":\"VirtualMachine\"}"), WIRE_BAD_VALUE,
                 "vm.value"},
                {"null value", SP, WITH_VM("{\"type\":\"VirtualMachine\",\"value\":null}"),
                 WIRE_BAD_VALUE, "vm.value"},
                {"numeric value", SP, WITH_VM("{\"type\":\"VirtualMachine\",\"value\":1}"),
                 WIRE_BAD_VALUE, "vm.value"},
                {"string", SP, WITH_VM("\"vm-1\""), WIRE_BAD_VALUE, "vm"},
                {"array", SP, WITH_VM("[]"), WIRE_BAD_VALUE, "vm"},
                {"null", SP, WITH_VM("null"), WIRE_BAD_VALUE, "vm"},
        };
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        const StartProgramInGuestRequestType *params = NULL;
        WireError error;

        check_rows(json_read, rows, ELEMENTS(rows));
        EXPECT_INT("decoded",
                   read_text(json_read, arena, rows[2].text, strlen(rows[2].text), SP, &params,
                             &error),
                   0);
        EXPECT_STR("type", params->vm.type, "VirtualMachine");
        EXPECT_STR("value", params->vm.value, "vm-1");
}

/* Forms that no request has as yet. */
static void test_other_forms(void)
{
        static const ReadRow rows[] = {
                {"enum: number", RI, STATE_AS("1", "0"), WIRE_BAD_VALUE, "powerState"},
                {"time: number", US, SESSION_AS("0"), WIRE_BAD_VALUE, "loginTime"},
                {"optional bool", GI, GUEST(",\"guestOperationsReady\":false"), WIRE_OK, ""},
                {"optional bool: null", GI, GUEST(",\"guestOperationsReady\":null"), WIRE_OK, ""},
                {"optional bool: text", GI, GUEST(",\"guestOperationsReady\":\"no\""),
                 WIRE_BAD_VALUE, "guestOperationsReady"},
        };
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        const GuestInfo *info = NULL;
        WireError error;

        check_rows(json_read, rows, ELEMENTS(rows));
        (void)read_text(json_read, arena, rows[2].text, strlen(rows[2].text), GI, &info, &error);
        EXPECT("false is set",
               info && info->guest_operations_ready.set && !info->guest_operations_ready.value);
        (void)read_text(json_read, arena, rows[3].text, strlen(rows[3].text), GI, &info, &error);
        EXPECT("null is not", info && !info->guest_operations_ready.set);
}

/* What was understood, and not only that it was. */
static void test_values(void)
{
        static const char text[] =
                "{\"vm\":{" TYPE "\"ManagedObjectReference\",\"type\":\"VirtualMachine\","
                "\"value\":\"vm-42\"},\"auth\":{" TYPE "\"NamePasswordAuthentication\","
                "\"interactiveSession\":true,\"username\":\"j\\u00fcrgen\",\"password\":"
                "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001 \xe2\x82\xac\"},\"spec\":{\"programPath\":"
                "\"/bin/sh\",\"arguments\":\"-c 'true'\",\"workingDirectory\":null,"
                "\"envVariables\":[\"A=1\",\"\"]}}";
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        const StartProgramInGuestRequestType *params = NULL;
        const NamePasswordAuthentication *auth;
        WireError error;

        if (read_text(json_read, arena, text, strlen(text), SP, &params, &error) < 0) {
                EXPECT_STR("decoded", error.reason, "");
                return;
        }
        auth = (const NamePasswordAuthentication *)(const void *)params->auth;
        EXPECT("type", auth->base.type == &type_NamePasswordAuthentication);
        EXPECT("interactive", auth->base.interactive_session);
        EXPECT_STR("user", auth->username, "j\xc3\xbcrgen");
        EXPECT_STR("password", auth->password, "\"\\/\b\f\n\r\t\x01 \xe2\x82\xac");
        EXPECT_STR("vm", params->vm.value, "vm-42");
        EXPECT_STR("path", params->spec->program_path, "/bin/sh");
        EXPECT_STR("arguments", params->spec->arguments, "-c 'true'");
        EXPECT_STR("null is unset", params->spec->working_directory, NULL);
        EXPECT_INT("variables", params->spec->env_variables.n, 2);
        EXPECT_STR("variable", params->spec->env_variables.items[0], "A=1");
        EXPECT_STR("empty one", params->spec->env_variables.items[1], "");
}

static void test_limits(void)
{
        static const LimitRow rows[] = {
                {"longest string", LI, "{\"password\":\"p\",\"userName\":\"", "x", WIRE_STRING_MAX,
                 "\"}", WIRE_OK, ""},
                {"one byte more", LI, "{\"password\":\"p\",\"userName\":\"", "x",
                 WIRE_STRING_MAX + 1, "\"}", WIRE_BAD_VALUE, "userName"},
                {"it is bytes that count", LI, "{\"password\":\"p\",\"userName\":\"", "\\u20ac",
                 WIRE_STRING_MAX / 3 + 1, "\"}", WIRE_BAD_VALUE, "userName"},
                {"longest array", LP, "{" VM "," AUTH ",\"pids\":[0", ",1", WIRE_ITEMS_MAX - 1,
                 "]}", WIRE_OK, ""},
                {"one element more", LP, "{" VM "," AUTH ",\"pids\":[0", ",1", WIRE_ITEMS_MAX, "]}",
                 WIRE_BAD_VALUE, "pids"},
                {"nested in what is unknown", LI, "{\"x\":", "[", 1000, "", WIRE_MALFORMED, ""},
                {"nested beyond the parser's patience", LI, "{\"x\":", "[", 100000, "",
                 WIRE_MALFORMED, ""},
                {"objects nested beyond it", LI, "", "{\"a\":", 100000, "", WIRE_MALFORMED, ""},
                {"more than the arena holds", SP,
                 "{" VM "," AUTH ",\"spec\":{\"programPath\":\"p\",\"arguments\":\"\","
                 "\"envVariables\":[\"\"",
                 ",\"a string of forty bytes, but for this one...\"", WIRE_ITEMS_MAX - 1, "]}}",
                 WIRE_NO_MEMORY, NULL},
        };

        check_limits(json_read, (size_t)3 << 20, "", "", rows, ELEMENTS(rows));
}

/* Objects inside objects: here through anyType, the one place where they may go on for ever. */
static void test_depth(void)
{
        static const char argument[] = "{" TYPE "\"KeyAnyValue\",\"key\":\"k\",\"value\":";

        for (size_t n = 1; n < WIRE_DEPTH_MAX + 8; n++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
                _cleanup_(buf_done) Buf text = {0};
                void *object = NULL;
                WireError error;
                int r;

                buf_puts(&text, "{\"key\":\"k\",\"arg\":[");
                put_repeated(&text, argument, n);
                buf_puts(&text, "{" TYPE "\"int\",\"_value\":1}");
                put_repeated(&text, "}", n);
                buf_puts(&text, "]}");
                r = json_read(arena, text.data, text.size, FM, &object, &error);
                EXPECT_INT("as deep as allowed", r, n <= WIRE_DEPTH_MAX ? 0 : -EBADMSG);
                EXPECT_INT("too deep", error.kind, n <= WIRE_DEPTH_MAX ? WIRE_OK : WIRE_BAD_VALUE);
        }
}

/* What is told is told to a client: it has to be UTF-8 though names are cut to fit. */
static void test_long_names(void)
{
        for (size_t n = 1; n < 200; n++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
                _cleanup_(buf_done) Buf text = {0}, echo = {0};
                WireError error;
                void *object = NULL;
                const LoginRequestType *login = NULL;
                WireError none;

                buf_puts(&text, "{\"");
                for (size_t i = 0; i < n; i++)
                        buf_puts(&text, i == 0 && n % 2 ? "x" : "\xc3\xa4");
                buf_puts(&text, "\":1}");
                EXPECT_INT("unknown", json_read(arena, text.data, text.size, LI, &object, &error),
                           -EBADMSG);
                EXPECT("a name that was cut", strlen(error.path) < sizeof(error.path));
                buf_puts(&echo, "{\"password\":\"\",\"userName\":");
                json_write_string(&echo, error.path);
                buf_puts(&echo, ",\"locale\":");
                json_write_string(&echo, error.reason);
                buf_puts(&echo, "}");
                EXPECT_INT("what it is told can be read",
                           read_text(json_read, arena, echo.data, echo.size, LI, &login, &none), 0);
        }
}

/* anyType */

static void test_any_read(void)
{
        static const struct {
                const char *about, *text;
                WireForm form; /* FORM_NONE: refused */
                const char *again;
        } rows[] = {
                {"string", "{" TYPE "\"string\",\"_value\":\"x\"}", FORM_STRING,
                 "{" TYPE "\"string\",\"_value\":\"x\"}"},
                {"name behind", "{\"_value\":\"x\"," TYPE "\"string\"}", FORM_STRING,
                 "{" TYPE "\"string\",\"_value\":\"x\"}"},
                {"address", "{" TYPE "\"anyURI\",\"_value\":\"x:y\"}", FORM_STRING,
                 "{" TYPE "\"string\",\"_value\":\"x:y\"}"},
                {"boolean", "{" TYPE "\"boolean\",\"_value\":false}", FORM_BOOL,
                 "{" TYPE "\"boolean\",\"_value\":false}"},
                {"int", "{" TYPE "\"int\",\"_value\":-1}", FORM_INT,
                 "{" TYPE "\"int\",\"_value\":-1}"},
                {"short", "{" TYPE "\"short\",\"_value\":1}", FORM_INT,
                 "{" TYPE "\"int\",\"_value\":1}"},
                {"long", "{" TYPE "\"long\",\"_value\":300}", FORM_LONG,
                 "{" TYPE "\"long\",\"_value\":300}"},
                {"time", "{" TYPE "\"dateTime\",\"_value\":\"2022-12-12T12:48:35.5+01:00\"}",
                 FORM_TIME, "{" TYPE "\"dateTime\",\"_value\":\"2022-12-12T11:48:35.500000Z\"}"},
                {"longs", "{" TYPE "\"ArrayOfLong\",\"_value\":[1,2]}", FORM_LONGS,
                 "{" TYPE "\"ArrayOfLong\",\"_value\":[1,2]}"},
                {"strings", "{" TYPE "\"ArrayOfString\",\"_value\":[]}", FORM_STRINGS,
                 "{" TYPE "\"ArrayOfString\",\"_value\":[]}"},
                {"references",
                 "{" TYPE "\"ArrayOfManagedObjectReference\",\"_value\":[{\"type\":\"Task\","
                 "\"value\":\"t\"}]}",
                 FORM_MOREFS,
                 "{" TYPE "\"ArrayOfManagedObjectReference\",\"_value\":[{" TYPE
                 "\"ManagedObjectReference\",\"type\":\"Task\",\"value\":\"t\"}]}"},
                {"reference, flat",
                 "{" TYPE "\"ManagedObjectReference\",\"type\":\"Task\",\"value\":\"t\"}",
                 FORM_MOREF,
                 "{" TYPE "\"ManagedObjectReference\",\"type\":\"Task\",\"value\":\"t\"}"},
                {"reference, boxed",
                 "{" TYPE "\"ManagedObjectReference\",\"_value\":{\"type\":\"Task\","
                 "\"value\":\"t\"}}",
                 FORM_MOREF,
                 "{" TYPE "\"ManagedObjectReference\",\"type\":\"Task\",\"value\":\"t\"}"},
                {"reference, boxed with its name",
                 "{" TYPE "\"ManagedObjectReference\",\"_value\":{" TYPE
                 "\"ManagedObjectReference\",\"type\":\"Task\",\"value\":\"t\"}}",
                 FORM_MOREF,
                 "{" TYPE "\"ManagedObjectReference\",\"type\":\"Task\",\"value\":\"t\"}"},
                {"object",
                 "{" TYPE "\"GuestProgramSpec\",\"programPath\":\"p\",\"arguments\":\"\"}",
                 FORM_OBJECT,
                 "{" TYPE "\"GuestProgramSpec\",\"programPath\":\"p\",\"arguments\":\"\"}"},
                {"no name", "{\"_value\":\"x\"}", FORM_NONE, NULL},
                {"bare string", "\"x\"", FORM_NONE, NULL},
                {"bare number", "1", FORM_NONE, NULL},
                {"array", "[]", FORM_NONE, NULL},
                {"no value", "{" TYPE "\"string\"}", FORM_NONE, NULL},
                {"null value", "{" TYPE "\"string\",\"_value\":null}", FORM_NONE, NULL},
                {"another value", "{" TYPE "\"string\",\"_value\":1}", FORM_NONE, NULL},
                {"int too large", "{" TYPE "\"int\",\"_value\":2147483648}", FORM_NONE, NULL},
                {"unknown", "{" TYPE "\"String\",\"_value\":\"x\"}", FORM_NONE, NULL},
                {"abstract", "{" TYPE "\"GuestAuthentication\"}", FORM_NONE, NULL},
                {"reference without value", "{" TYPE "\"ManagedObjectReference\"}", FORM_NONE,
                 NULL},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
                _cleanup_(buf_done) Buf text = {0}, again = {0};
                const LocalizableMessage *message = NULL;
                const KeyAnyValue *pair;
                WireError error;
                int r;

                buf_puts(&text, "{\"key\":\"k\",\"arg\":[{\"key\":\"a\",\"value\":");
                buf_puts(&text, rows[i].text);
                buf_puts(&text, "}]}");
                r = read_text(json_read, arena, text.data, text.size, FM, &message, &error);
                EXPECT_INT(rows[i].about, r, rows[i].form == FORM_NONE ? -EBADMSG : 0);
                if (rows[i].form == FORM_NONE)
                        EXPECT(rows[i].about, strncmp(error.path, "arg[0].value", 12) == 0);
                if (r < 0 || rows[i].form == FORM_NONE)
                        continue;
                pair = (const KeyAnyValue *)(const void *)message->arg.items[0];
                EXPECT_INT(rows[i].about, pair->value.form, rows[i].form);
                EXPECT_INT(rows[i].about, pair->value.type != NULL, rows[i].form == FORM_OBJECT);
                json_write(&again, FORM_ANY, &pair->value);
                EXPECT_STR(rows[i].about, buf_text(&again), rows[i].again);
        }
}

int main(void)
{
        test_same(json_read);
        test_type_names();
        test_members();
        test_kinds();
        test_parsing();
        test_references();
        test_other_forms();
        test_values();
        test_limits();
        test_depth();
        test_long_names();
        test_any_read();
        return test_end();
}
