/* JSON outwards, as rows: what a client is told. */

#include "base/arena.h"
#include "schema/tables.h"
#include "wire/write.h"

#include "base/test.h"

#define ARENA_MAX ((size_t)8 << 20)

#define TYPE "\"_typeName\":"

/* values of all forms */

static const bool yes = true, no = false;
static const WireBool set_yes = {true, true}, set_no = {true, false};
static const int32_t int_least = INT32_MIN;
static const WireInt set_int = {true, 127};
static const int64_t long_least = INT64_MIN, long_most = INT64_MAX;
static const WireLong set_long = {true, -1};
static const char *const plain = "/bin/sh", *const empty = "";
static const char *const quotes = "a\"b\\c/d";
static const char *const controls = "\x01\x1f\t\n\r\b\f\x7f";
static const char *const foreign = "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80<&>";
static const WireTime epoch = {true, 0}, whole = {true, 1670845715000000};
static const WireTime fraction = {true, 1670845715473645}, before = {true, -1};
static const WireTime never = {true, INT64_MAX};
static const Moref moref = {"VirtualMachine", "vm-42"}, odd_moref = {"Ty\"pe", "va\nlue"};
static int64_t long_items[] = {1, -2};
static char *string_items[] = {(char *)"a", (char *)"b\""};
static Moref moref_items[] = {{"Task", "task-186"}, {"Folder", "group-v1"}};
static const WireLongs longs = {long_items, 2}, no_longs = {NULL, 0};
static const WireStrings strings = {string_items, 2}, no_strings = {NULL, 0};
static const WireMorefs morefs = {moref_items, 2};
static GuestProgramSpec spec_value = {
        .type = &type_GuestProgramSpec,
        .program_path = (char *)"p",
        .arguments = (char *)"",
};
static const void *const spec = &spec_value;
static WireObject *spec_items[] = {(WireObject *)&spec_value};
static const WireObjects specs = {spec_items, 1}, no_specs = {NULL, 0};

#define SPEC_TEXT "{" TYPE "\"GuestProgramSpec\",\"programPath\":\"p\",\"arguments\":\"\"}"
#define MOREF_TEXT                                                                                 \
        "{" TYPE "\"ManagedObjectReference\",\"type\":\"VirtualMachine\",\"value\":\"vm-42\"}"

static void test_write(void)
{
        static const struct {
                const char *about;
                WireForm form;
                const void *value;
                const char *text;
        } rows[] = {
                {"true", FORM_BOOL, &yes, "true"},
                {"false", FORM_BOOL, &no, "false"},
                {"optional, true", FORM_OPT_BOOL, &set_yes, "true"},
                {"optional, false", FORM_OPT_BOOL, &set_no, "false"},
                {"int", FORM_INT, &int_least, "-2147483648"},
                {"optional int", FORM_OPT_INT, &set_int, "127"},
                {"smallest long", FORM_LONG, &long_least, "-9223372036854775808"},
                {"largest long", FORM_LONG, &long_most, "9223372036854775807"},
                {"optional long", FORM_OPT_LONG, &set_long, "-1"},
                {"string", FORM_STRING, &plain, "\"/bin/sh\""},
                {"empty string", FORM_STRING, &empty, "\"\""},
                {"quotes", FORM_STRING, &quotes, "\"a\\\"b\\\\c/d\""},
                {"controls", FORM_STRING, &controls,
                 "\"\\u0001\\u001f\\u0009\\n\\u000d\\u0008\\u000c\x7f\""},
                {"UTF-8", FORM_STRING, &foreign, "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80<&>\""},
                {"epoch", FORM_TIME, &epoch, "\"1970-01-01T00:00:00Z\""},
                {"whole second", FORM_TIME, &whole, "\"2022-12-12T11:48:35Z\""},
                {"microseconds", FORM_TIME, &fraction, "\"2022-12-12T11:48:35.473645Z\""},
                {"before 1970", FORM_TIME, &before, "\"1969-12-31T23:59:59.999999Z\""},
                {"beyond all calendars", FORM_TIME, &never, "\"1970-01-01T00:00:00Z\""},
                {"reference", FORM_MOREF, &moref, MOREF_TEXT},
                {"odd reference", FORM_MOREF, &odd_moref,
                 "{" TYPE "\"ManagedObjectReference\",\"type\":\"Ty\\\"pe\","
                 "\"value\":\"va\\nlue\"}"},
                {"longs", FORM_LONGS, &longs, "[1,-2]"},
                {"no longs", FORM_LONGS, &no_longs, "[]"},
                {"strings", FORM_STRINGS, &strings, "[\"a\",\"b\\\"\"]"},
                {"no strings", FORM_STRINGS, &no_strings, "[]"},
                {"references", FORM_MOREFS, &morefs,
                 "[{" TYPE "\"ManagedObjectReference\",\"type\":\"Task\",\"value\":\"task-186\"},"
                 "{" TYPE "\"ManagedObjectReference\",\"type\":\"Folder\","
                 "\"value\":\"group-v1\"}]"},
                {"object", FORM_OBJECT, &spec, SPEC_TEXT},
                {"objects", FORM_OBJECTS, &specs, "[" SPEC_TEXT "]"},
                {"no objects", FORM_OBJECTS, &no_specs, "[]"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(buf_done) Buf out = {0};

                json_write(&out, rows[i].form, rows[i].value);
                EXPECT_STR(rows[i].about, buf_text(&out), rows[i].text);
        }
}

static void test_any_write(void)
{
        static const char *const powered_on = "poweredOn";
        static const struct {
                const char *about;
                WireAny any;
                const char *text;
        } rows[] = {
                {"boolean", {FORM_BOOL, NULL, &yes}, "{" TYPE "\"boolean\",\"_value\":true}"},
                {"optional",
                 {FORM_OPT_BOOL, NULL, &set_no},
                 "{" TYPE "\"boolean\",\"_value\":false}"},
                {"int", {FORM_INT, NULL, &int_least}, "{" TYPE "\"int\",\"_value\":-2147483648}"},
                {"long", {FORM_OPT_LONG, NULL, &set_long}, "{" TYPE "\"long\",\"_value\":-1}"},
                {"string",
                 {FORM_STRING, NULL, &plain},
                 "{" TYPE "\"string\",\"_value\":\"/bin/sh\"}"},
                {"enum",
                 {FORM_STRING, &type_VirtualMachinePowerState, &powered_on},
                 "{" TYPE "\"VirtualMachinePowerState\",\"_value\":\"poweredOn\"}"},
                {"time",
                 {FORM_TIME, NULL, &fraction},
                 "{" TYPE "\"dateTime\",\"_value\":\"2022-12-12T11:48:35.473645Z\"}"},
                {"longs",
                 {FORM_LONGS, NULL, &longs},
                 "{" TYPE "\"ArrayOfLong\",\"_value\":[1,-2]}"},
                {"strings",
                 {FORM_STRINGS, NULL, &strings},
                 "{" TYPE "\"ArrayOfString\",\"_value\":[\"a\",\"b\\\"\"]}"},
                {"no strings",
                 {FORM_STRINGS, NULL, &no_strings},
                 "{" TYPE "\"ArrayOfString\",\"_value\":[]}"},
                {"references",
                 {FORM_MOREFS, NULL, &morefs},
                 "{" TYPE "\"ArrayOfManagedObjectReference\",\"_value\":[{" TYPE
                 "\"ManagedObjectReference\",\"type\":\"Task\",\"value\":\"task-186\"},{" TYPE
                 "\"ManagedObjectReference\",\"type\":\"Folder\",\"value\":\"group-v1\"}]}"},
                {"objects",
                 {FORM_OBJECTS, &type_GuestProgramSpec, &specs},
                 "{" TYPE "\"ArrayOfGuestProgramSpec\",\"_value\":[" SPEC_TEXT "]}"},
                {"objects of no one type",
                 {FORM_OBJECTS, NULL, &specs},
                 "{" TYPE "\"ArrayOfAnyType\",\"_value\":[" SPEC_TEXT "]}"},
                {"object, flat", {FORM_OBJECT, &type_GuestProgramSpec, &spec}, SPEC_TEXT},
                {"reference, flat", {FORM_MOREF, NULL, &moref}, MOREF_TEXT},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(buf_done) Buf out = {0}, in_pair = {0};
                _cleanup_(buf_done) Buf wanted = {0};
                const KeyAnyValue pair = {
                        .type = &type_KeyAnyValue,
                        .key = (char *)"k",
                        .value = rows[i].any,
                };
                const void *object = &pair;

                json_write(&out, FORM_ANY, &rows[i].any);
                EXPECT_STR(rows[i].about, buf_text(&out), rows[i].text);

                json_write(&in_pair, FORM_OBJECT, &object);
                buf_putf(&wanted, "{" TYPE "\"KeyAnyValue\",\"key\":\"k\",\"value\":%s}",
                         rows[i].text);
                EXPECT_STR(rows[i].about, buf_text(&in_pair), buf_text(&wanted));
        }
}

static void test_exit_code(void)
{
        static const struct {
                const char *about;
                WireTime end;
                WireInt exit_code;
                const char *end_of_text;
        } rows[] = {
                {"runs", {false, 0}, {false, 0}, "}"},
                {"success",
                 {true, 1000000},
                 {true, 0},
                 ",\"endTime\":\"1970-01-01T00:00:01Z\",\"exitCode\":0}"},
                {"failure",
                 {true, 1000000},
                 {true, 127},
                 ",\"endTime\":\"1970-01-01T00:00:01Z\",\"exitCode\":127}"},
                {"unset is not what the value says", {false, 5}, {false, 5}, "}"},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(buf_done) Buf out = {0}, wanted = {0};
                const GuestProcessInfo info = {
                        .type = &type_GuestProcessInfo,
                        .name = (char *)"sh",
                        .pid = 4242424242,
                        .owner = (char *)"root",
                        .cmd_line = (char *)"sh -c \"x\"",
                        .start_time = {true, 0},
                        .end_time = rows[i].end,
                        .exit_code = rows[i].exit_code,
                };
                const void *object = &info;

                json_write(&out, FORM_OBJECT, &object);
                buf_putf(&wanted,
                         "{" TYPE "\"GuestProcessInfo\",\"name\":\"sh\",\"pid\":4242424242,"
                         "\"owner\":\"root\",\"cmdLine\":\"sh -c \\\"x\\\"\","
                         "\"startTime\":\"1970-01-01T00:00:00Z\"%s",
                         rows[i].end_of_text);
                EXPECT_STR(rows[i].about, buf_text(&out), buf_text(&wanted));
        }
}

/* Inherited members first, as the WSDL's sequence has them. */
static void test_order(void)
{
        _cleanup_(buf_done) Buf out = {0};
        const NamePasswordAuthentication auth = {
                .base = {&type_NamePasswordAuthentication, false},
                .username = (char *)"u",
                .password = (char *)"",
        };
        const void *object = &auth;

        json_write(&out, FORM_OBJECT, &object);
        EXPECT_STR("inherited first", buf_text(&out),
                   "{" TYPE "\"NamePasswordAuthentication\",\"interactiveSession\":false,"
                   "\"username\":\"u\",\"password\":\"\"}");
}

static void test_faults(void)
{
        static const struct {
                FaultId id;
                const char *member, *message, *text;
        } rows[] = {
                {FAULT_INVALID_LOGIN, NULL, "Cannot complete login.",
                 "{" TYPE "\"InvalidLogin\",\"faultstring\":\"Cannot complete login.\"}"},
                {FAULT_FILE_NOT_FOUND, "/bin/nope", "File /bin/nope was not found",
                 "{" TYPE "\"FileNotFound\",\"faultstring\":\"File /bin/nope was not found\","
                 "\"file\":\"/bin/nope\"}"},
                {FAULT_INVALID_ARGUMENT, NULL, "A \"b\"\n",
                 "{" TYPE "\"InvalidArgument\",\"faultstring\":\"A \\\"b\\\"\\n\"}"},
                {FAULT_SYSTEM_ERROR, "", "",
                 "{" TYPE "\"SystemError\",\"faultstring\":\"\",\"reason\":\"\"}"},
        };
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        _cleanup_(buf_done) Buf out = {0};
        ManagedObjectNotFound *detail;
        Fault fault = {0};

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(buf_done) Buf text = {0};
                Fault row = {0};

                (void)fault_raise(&row, arena, rows[i].id, rows[i].member, "%s", rows[i].message);
                json_write_fault(&text, &row);
                EXPECT_STR(rows[i].text, buf_text(&text), rows[i].text);
        }

        (void)fault_raise(&fault, arena, FAULT_MANAGED_OBJECT_NOT_FOUND, NULL, "gone");
        detail = (ManagedObjectNotFound *)fault.detail;
        detail->obj = (Moref){"VirtualMachine", "vm-7"};
        json_write_fault(&out, &fault);
        EXPECT_STR("a member that is no text", buf_text(&out),
                   "{" TYPE "\"ManagedObjectNotFound\",\"faultstring\":\"gone\",\"obj\":{" TYPE
                   "\"ManagedObjectReference\",\"type\":\"VirtualMachine\",\"value\":\"vm-7\"}}");
}

/* The whole of a fault: cause, messages, arguments. */
static void test_deep_fault(void)
{
        _cleanup_(buf_done) Buf out = {0};
        KeyAnyValue pair = {
                .type = &type_KeyAnyValue,
                .key = (char *)"1",
                .value = {FORM_STRING, NULL, &plain},
        };
        WireObject *pairs[] = {(WireObject *)&pair};
        LocalizableMessage message = {
                .type = &type_LocalizableMessage,
                .key = (char *)"k",
                .arg = {pairs, 1},
                .message = (char *)"m",
        };
        WireObject *messages[] = {(WireObject *)&message};
        MethodFault cause = {.type = &type_NotSupported};
        FileFault detail = {
                .base = {&type_FileNotFound, &cause, {messages, 1}},
                .file = (char *)"f",
        };
        const Fault fault = {&detail.base, "s"};

        json_write_fault(&out, &fault);
        EXPECT_STR("deep", buf_text(&out),
                   "{" TYPE "\"FileNotFound\",\"faultstring\":\"s\",\"faultCause\":{" TYPE
                   "\"NotSupported\"},\"faultMessage\":[{" TYPE "\"LocalizableMessage\","
                   "\"key\":\"k\",\"arg\":[{" TYPE "\"KeyAnyValue\",\"key\":\"1\",\"value\":{" TYPE
                   "\"string\",\"_value\":\"/bin/sh\"}}],\"message\":\"m\"}],\"file\":\"f\"}");
}

/* What SOAP wraps as a member, with its text, is the fault itself here. */
static void test_bare_fault(void)
{
        NoPermission detail = {.base.type = &type_NoPermission,
                               .privilege_id = (char *)"System.Read"};
        LocalizedMethodFault localized = {
                .type = &type_LocalizedMethodFault,
                .fault = &detail.base,
                .localized_message = (char *)"no",
        };
        const MissingProperty missing = {
                .type = &type_MissingProperty,
                .path = (char *)"name",
                .fault = &localized,
        };
        const MissingProperty *value = &missing;
        _cleanup_(buf_done) Buf out = {0};

        json_write(&out, FORM_OBJECT, &value);
        EXPECT_STR("in a member", buf_text(&out),
                   "{" TYPE "\"MissingProperty\",\"path\":\"name\",\"fault\":{" TYPE
                   "\"NoPermission\",\"faultstring\":\"no\",\"privilegeId\":\"System.Read\"}}");
}

int main(void)
{
        test_write();
        test_any_write();
        test_exit_code();
        test_order();
        test_faults();
        test_deep_fault();
        test_bare_fault();
        return test_end();
}
