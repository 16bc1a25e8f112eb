/* SOAP outwards, as rows, and there and back: what clients insist on stands here as text. */

#include "wire/test-fill.h"
#include "wire/test-soap.h"

#include "base/test.h"

#define ARENA_MAX ((size_t)8 << 20)

/* Written out, since these are the words that clients look for. */
#define HEAD                                                                                       \
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                             \
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\""            \
        " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""                                          \
        " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>"
#define TAIL         "</soapenv:Body></soapenv:Envelope>"
#define RESPONSE(in) HEAD "<CallResponse xmlns=\"urn:vim25\">" in "</CallResponse>" TAIL
#define VALUE        "<returnval>"
#define VALUE_END    "</returnval>"
#define TYPED        "<returnval xsi:type="
#define FAULT(text, in)                                                                            \
        HEAD "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>" text             \
             "</faultstring><detail>" in "</detail></soapenv:Fault>" TAIL

static const bool yes = true, no = false;
static const WireBool set_no = {true, false}, unset = {false, true};
static const int32_t int_least = INT32_MIN;
static const WireInt set_int = {true, 127};
static const int64_t long_least = INT64_MIN;
static const WireLong set_long = {true, -1};
static const char *const plain = "/bin/sh", *const empty = "", *const powered_on = "poweredOn";
static const char *const marks = "<a href=\"x\">&amp;'</a>]]>";
static const char *const blanks = " a\tb\nc\rd\r\n ";
static const char *const controls = "\x01-\x08\x0b\x0c\x0e\x1f\x7f\xef\xbf\xbe\xef\xbf\xbf.";
static const char *const foreign = "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";
static const WireTime whole = {true, 1767323045000000}, fraction = {true, 1767323045123456};
static const Moref moref = {"VirtualMachine", "vm-42"}, odd_moref = {"T\"<\n", "a<b"};
static const Moref no_moref = {0};
static int64_t long_items[] = {1, -2};
static char *string_items[] = {(char *)"a", (char *)"", (char *)"<"};
static char *state_items[] = {(char *)"poweredOn"};
static Moref moref_items[] = {{"Task", "task-186"}, {"Folder", "group-v1"}};
static const WireLongs longs = {long_items, 2};
static const WireStrings strings = {string_items, 3}, no_strings = {NULL, 0};
static const WireStrings states = {state_items, 1};
static const WireMorefs morefs = {moref_items, 2};
static GuestProgramSpec spec_value = {
        .type = &type_GuestProgramSpec,
        .program_path = (char *)"p",
        .arguments = (char *)"",
};
static GuestWindowsProgramSpec windows_value = {
        .base = {.type = &type_GuestWindowsProgramSpec,
                 .program_path = (char *)"p",
                 .arguments = (char *)""},
        .start_minimized = true,
};
static FileFault fault_value = {.base.type = &type_FileNotFound, .file = (char *)"f"};
static const void *const spec = &spec_value, *const windows = &windows_value;
static const void *const fault_object = &fault_value;
static WireObject *spec_items[] = {(WireObject *)&spec_value, (WireObject *)&windows_value};
static LocalizedMethodFault localized_value = {
        .type = &type_LocalizedMethodFault,
        .fault = &fault_value.base,
        .localized_message = (char *)"m",
};
static const void *const localized = &localized_value;
static WireObject *localized_items[] = {(WireObject *)&localized_value};
static const WireObjects specs = {spec_items, 2}, localizeds = {localized_items, 1};

#define SPEC_MEMBERS      "<programPath>p</programPath><arguments></arguments>"
#define WINDOWS_MEMBERS   SPEC_MEMBERS "<startMinimized>true</startMinimized>"
#define LOCALIZED_MEMBERS "<fault xsi:type=\"FileNotFound\"><file>f</file></fault>"
#define MESSAGE           "<localizedMessage>m</localizedMessage>"
#define REPLACED          "\xef\xbf\xbd"

static void test_responses(void)
{
        static const struct {
                const char *about;
                WireForm form;
                const WireType *type;
                const void *value;
                const char *text;
        } rows[] = {
                {"void", FORM_NONE, NULL, NULL, RESPONSE("")},
                {"no value", FORM_OBJECT, &type_GuestProgramSpec, NULL, RESPONSE("")},
                {"unset", FORM_OPT_BOOL, NULL, &unset, RESPONSE("")},
                {"unset reference", FORM_MOREF, NULL, &no_moref, RESPONSE("")},
                {"true", FORM_BOOL, NULL, &yes, RESPONSE(VALUE "true" VALUE_END)},
                {"false", FORM_BOOL, NULL, &no, RESPONSE(VALUE "false" VALUE_END)},
                {"optional, false", FORM_OPT_BOOL, NULL, &set_no,
                 RESPONSE(VALUE "false" VALUE_END)},
                {"int", FORM_INT, NULL, &int_least, RESPONSE(VALUE "-2147483648" VALUE_END)},
                {"optional int", FORM_OPT_INT, NULL, &set_int, RESPONSE(VALUE "127" VALUE_END)},
                {"long", FORM_LONG, NULL, &long_least,
                 RESPONSE(VALUE "-9223372036854775808" VALUE_END)},
                {"optional long", FORM_OPT_LONG, NULL, &set_long, RESPONSE(VALUE "-1" VALUE_END)},
                {"string", FORM_STRING, NULL, &plain, RESPONSE(VALUE "/bin/sh" VALUE_END)},
                {"empty string", FORM_STRING, NULL, &empty, RESPONSE(VALUE VALUE_END)},
                {"marks", FORM_STRING, NULL, &marks,
                 RESPONSE(VALUE "&lt;a href=\"x\"&gt;&amp;amp;'&lt;/a&gt;]]&gt;" VALUE_END)},
                {"blanks", FORM_STRING, NULL, &blanks,
                 RESPONSE(VALUE " a\tb\nc&#xD;d&#xD;\n " VALUE_END)},
                {"what XML cannot hold", FORM_STRING, NULL, &controls,
                 RESPONSE(VALUE REPLACED "-" REPLACED REPLACED REPLACED REPLACED REPLACED
                                         "\x7f" REPLACED REPLACED "." VALUE_END)},
                {"UTF-8", FORM_STRING, NULL, &foreign,
                 RESPONSE(VALUE "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" VALUE_END)},
                {"time", FORM_TIME, NULL, &whole, RESPONSE(VALUE "2026-01-02T03:04:05Z" VALUE_END)},
                {"microseconds", FORM_TIME, NULL, &fraction,
                 RESPONSE(VALUE "2026-01-02T03:04:05.123456Z" VALUE_END)},
                {"reference", FORM_MOREF, NULL, &moref,
                 RESPONSE("<returnval type=\"VirtualMachine\">vm-42" VALUE_END)},
                {"odd reference", FORM_MOREF, NULL, &odd_moref,
                 RESPONSE("<returnval type=\"T&quot;&lt;&#xA;\">a&lt;b" VALUE_END)},
                {"longs", FORM_LONGS, NULL, &longs,
                 RESPONSE(VALUE "1" VALUE_END VALUE "-2" VALUE_END)},
                {"strings", FORM_STRINGS, NULL, &strings,
                 RESPONSE(VALUE "a" VALUE_END VALUE VALUE_END VALUE "&lt;" VALUE_END)},
                {"no strings", FORM_STRINGS, NULL, &no_strings, RESPONSE("")},
                {"references", FORM_MOREFS, NULL, &morefs,
                 RESPONSE("<returnval type=\"Task\">task-186" VALUE_END
                          "<returnval type=\"Folder\">group-v1" VALUE_END)},
                {"object", FORM_OBJECT, &type_GuestProgramSpec, &spec,
                 RESPONSE(VALUE SPEC_MEMBERS VALUE_END)},
                {"narrower object", FORM_OBJECT, &type_GuestProgramSpec, &windows,
                 RESPONSE(TYPED "\"GuestWindowsProgramSpec\">" WINDOWS_MEMBERS VALUE_END)},
                {"objects", FORM_OBJECTS, &type_GuestProgramSpec, &specs,
                 RESPONSE(VALUE SPEC_MEMBERS VALUE_END TYPED
                          "\"GuestWindowsProgramSpec\">" WINDOWS_MEMBERS VALUE_END)},
                {"fault with its text", FORM_OBJECT, &type_LocalizedMethodFault, &localized,
                 RESPONSE(VALUE LOCALIZED_MEMBERS MESSAGE VALUE_END)},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const Method method = {
                        .name = "Call",
                        .result = rows[i].form,
                        .result_type = rows[i].type,
                };
                _cleanup_(buf_done) Buf out = {0};

                soap_write_response(&out, &method, rows[i].value, WIRE_ALL_VERSIONS);
                EXPECT_STR(rows[i].about, buf_text(&out), rows[i].text);
        }
}

/* anyType, there and back. */
static void test_any(void)
{
        static const struct {
                const char *about;
                WireAny any;
                const char *text;
        } rows[] = {
                {"boolean", {FORM_BOOL, NULL, &yes}, TYPED "\"xsd:boolean\">true"},
                {"optional", {FORM_OPT_BOOL, NULL, &set_no}, TYPED "\"xsd:boolean\">false"},
                {"int", {FORM_INT, NULL, &int_least}, TYPED "\"xsd:int\">-2147483648"},
                {"long", {FORM_OPT_LONG, NULL, &set_long}, TYPED "\"xsd:long\">-1"},
                {"string", {FORM_STRING, NULL, &plain}, TYPED "\"xsd:string\">/bin/sh"},
                {"empty string", {FORM_STRING, NULL, &empty}, TYPED "\"xsd:string\">"},
                {"enum",
                 {FORM_STRING, &type_VirtualMachinePowerState, &powered_on},
                 TYPED "\"VirtualMachinePowerState\">poweredOn"},
                {"time",
                 {FORM_TIME, NULL, &fraction},
                 TYPED "\"xsd:dateTime\">2026-01-02T03:04:05.123456Z"},
                {"reference",
                 {FORM_MOREF, NULL, &moref},
                 TYPED "\"ManagedObjectReference\" type=\"VirtualMachine\">vm-42"},
                {"object",
                 {FORM_OBJECT, &type_GuestProgramSpec, &spec},
                 TYPED "\"GuestProgramSpec\">" SPEC_MEMBERS},
                {"fault",
                 {FORM_OBJECT, &type_FileNotFound, &fault_object},
                 TYPED "\"FileNotFound\"><file>f</file>"},
                {"fault with its text",
                 {FORM_OBJECT, &type_LocalizedMethodFault, &localized},
                 TYPED "\"LocalizedMethodFault\">" LOCALIZED_MEMBERS MESSAGE},
                {"longs",
                 {FORM_LONGS, NULL, &longs},
                 TYPED "\"ArrayOfLong\"><long>1</long><long>-2</long>"},
                {"strings",
                 {FORM_STRINGS, NULL, &strings},
                 TYPED "\"ArrayOfString\"><string>a</string><string></string>"
                       "<string>&lt;</string>"},
                {"no strings", {FORM_STRINGS, NULL, &no_strings}, TYPED "\"ArrayOfString\">"},
                {"enums",
                 {FORM_STRINGS, &type_VirtualMachinePowerState, &states},
                 TYPED "\"ArrayOfVirtualMachinePowerState\"><VirtualMachinePowerState>poweredOn"
                       "</VirtualMachinePowerState>"},
                {"references",
                 {FORM_MOREFS, NULL, &morefs},
                 TYPED "\"ArrayOfManagedObjectReference\"><ManagedObjectReference type=\"Task\">"
                       "task-186</ManagedObjectReference><ManagedObjectReference type=\"Folder\">"
                       "group-v1</ManagedObjectReference>"},
                {"objects",
                 {FORM_OBJECTS, &type_GuestProgramSpec, &specs},
                 TYPED "\"ArrayOfGuestProgramSpec\"><GuestProgramSpec>" SPEC_MEMBERS
                       "</GuestProgramSpec><GuestProgramSpec "
                       "xsi:type=\"GuestWindowsProgramSpec\">" WINDOWS_MEMBERS
                       "</GuestProgramSpec>"},
                {"objects of no one type",
                 {FORM_OBJECTS, NULL, &specs},
                 TYPED "\"ArrayOfAnyType\"><anyType xsi:type=\"GuestProgramSpec\">" SPEC_MEMBERS
                       "</anyType><anyType xsi:type=\"GuestWindowsProgramSpec\">" WINDOWS_MEMBERS
                       "</anyType>"},
                {"faults with their texts",
                 {FORM_OBJECTS, &type_LocalizedMethodFault, &localizeds},
                 TYPED
                 "\"ArrayOfLocalizedMethodFault\"><LocalizedMethodFault>" LOCALIZED_MEMBERS MESSAGE
                 "</LocalizedMethodFault>"},
        };
        static const Method fetch = {.name = "Call", .result = FORM_ANY};

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
                _cleanup_(buf_done) Buf out = {0}, wanted = {0}, call = {0}, again = {0};
                KeyAnyValue pair = {&type_KeyAnyValue, (char *)"k", rows[i].any};
                const KeyAnyValue *back;
                void *object = NULL;
                WireError error;

                buf_puts(&wanted, HEAD "<CallResponse xmlns=\"urn:vim25\">");
                buf_puts(&wanted, rows[i].text);
                buf_puts(&wanted, VALUE_END "</CallResponse>" TAIL);
                soap_write_response(&out, &fetch, &rows[i].any, WIRE_ALL_VERSIONS);
                EXPECT_STR(rows[i].about, buf_text(&out), buf_text(&wanted));

                write_call(&call, (const WireObject *)&pair);
                (void)read_call(arena, call.data, call.size, &type_KeyAnyValue, &object, &error);
                EXPECT_STR(rows[i].about, error.reason, "");
                if (!object)
                        continue;
                back = object;
                soap_write_response(&again, &fetch, &back->value, WIRE_ALL_VERSIONS);
                EXPECT_STR(rows[i].about, buf_text(&again), buf_text(&wanted));
        }
}

/* What clients may say in an anyType beside what we write there. */
static void test_any_read(void)
{
        static const struct {
                const char *about, *text;
                WireForm form; /* FORM_NONE: refused */
        } rows[] = {
                {"short", " xsi:type=\"xsd:short\">7", FORM_INT},
                {"byte", " xsi:type=\"xsd:byte\">7", FORM_INT},
                {"address", " xsi:type=\"xsd:anyURI\">x:y", FORM_STRING},
                {"schema by another prefix",
                 " xmlns:q=\"http://www.w3.org/2001/XMLSchema\" xsi:type=\"q:long\">7", FORM_LONG},
                {"no prefix", " xsi:type=\"string\">x", FORM_STRING},
                {"prefix that nobody declared", " xsi:type=\"s:string\">x", FORM_STRING},
                {"fault", " xsi:type=\"FileNotFound\"><file>f</file>", FORM_OBJECT},
                {"empty array", " xsi:type=\"ArrayOfGuestProgramSpec\">", FORM_OBJECTS},
                {"array in a list", " xsi:type=\"ArrayOfString\">\n <string/>\n", FORM_STRINGS},
                {"no type", ">x", FORM_NONE},
                {"type of a reference", " type=\"VirtualMachine\">vm-1", FORM_NONE},
                {"reference without type", " xsi:type=\"ManagedObjectReference\">vm-1", FORM_NONE},
                {"unknown", " xsi:type=\"String\">x", FORM_NONE},
                {"unknown of the schema", " xsi:type=\"xsd:double\">1.5", FORM_NONE},
                {"ours in the schema", " xsi:type=\"xsd:GuestInfo\"><guestState/>", FORM_NONE},
                {"abstract", " xsi:type=\"GuestAuthentication\">", FORM_NONE},
                {"array of what is unknown", " xsi:type=\"ArrayOfDouble\">", FORM_NONE},
                {"array of nothing", " xsi:type=\"ArrayOf\">", FORM_NONE},
                {"array with another element", " xsi:type=\"ArrayOfString\"><int>1</int>",
                 FORM_NONE},
                {"array of text", " xsi:type=\"ArrayOfString\">x", FORM_NONE},
                {"no number", " xsi:type=\"xsd:int\">x", FORM_NONE},
                {"no value of the enum", " xsi:type=\"TaskInfoState\">x", FORM_NONE},
                {"enum in an array",
                 " xsi:type=\"ArrayOfTaskInfoState\"><TaskInfoState>x</TaskInfoState>", FORM_NONE},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
                _cleanup_(buf_done) Buf text = {0};
                void *object = NULL;
                WireError error;
                int r;

                buf_puts(&text, "<e:Envelope xmlns:e=\"" SOAP_SPACE "\" " SOAP_XSI " " SOAP_XSD
                                "><e:Body><v:Call xmlns:v=\"urn:vim25\"><_this type=\"T\">t</_this>"
                                "<key>k</key><value");
                buf_puts(&text, rows[i].text);
                buf_puts(&text, "</value></v:Call></e:Body></e:Envelope>");
                r = read_call(arena, text.data, text.size, &type_KeyAnyValue, &object, &error);
                EXPECT_INT(rows[i].about, r, rows[i].form == FORM_NONE ? -EBADMSG : 0);
                if (object)
                        EXPECT_INT(rows[i].about, ((KeyAnyValue *)object)->value.form,
                                   rows[i].form);
                else
                        EXPECT(rows[i].about, strncmp(error.path, "value", 5) == 0);
        }
}

static void test_faults(void)
{
        static const struct {
                FaultId id;
                const char *member, *message, *text;
        } rows[] = {
                {FAULT_INVALID_GUEST_LOGIN, NULL, "No.",
                 FAULT("No.", "<InvalidGuestLoginFault xmlns=\"urn:vim25\""
                              " xsi:type=\"InvalidGuestLogin\"></InvalidGuestLoginFault>")},
                {FAULT_FILE_NOT_FOUND, "/a&b", "</faultstring>\x02",
                 FAULT("&lt;/faultstring&gt;" REPLACED,
                       "<FileNotFoundFault xmlns=\"urn:vim25\" xsi:type=\"FileNotFound\">"
                       "<file>/a&amp;b</file></FileNotFoundFault>")},
                {FAULT_SYSTEM_ERROR, "", "",
                 FAULT("", "<SystemErrorFault xmlns=\"urn:vim25\" xsi:type=\"SystemError\">"
                           "<reason></reason></SystemErrorFault>")},
        };
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(buf_done) Buf out = {0};
                Fault fault = {0};

                (void)fault_raise(&fault, arena, rows[i].id, rows[i].member, "%s", rows[i].message);
                soap_write_fault(&out, &fault, WIRE_ALL_VERSIONS);
                EXPECT_STR(rows[i].text, buf_text(&out), rows[i].text);
        }
}

/* The whole of a fault: cause, messages, arguments; inherited members first. */
static void test_deep_fault(void)
{
        KeyAnyValue pair = {&type_KeyAnyValue, (char *)"1", {FORM_STRING, NULL, &plain}};
        WireObject *pairs[] = {(WireObject *)&pair};
        LocalizableMessage message = {
                .type = &type_LocalizableMessage,
                .key = (char *)"k",
                .arg = {pairs, 1},
        };
        WireObject *messages[] = {(WireObject *)&message};
        FileFault detail = {
                .base = {&type_FileNotFound, &fault_value.base, {messages, 1}},
                .file = (char *)"g",
        };
        const Fault fault = {&detail.base, "s"};
        _cleanup_(buf_done) Buf out = {0};

        soap_write_fault(&out, &fault, WIRE_ALL_VERSIONS);
        EXPECT_STR("deep", buf_text(&out),
                   FAULT("s", "<FileNotFoundFault xmlns=\"urn:vim25\" xsi:type=\"FileNotFound\">"
                              "<faultCause>" LOCALIZED_MEMBERS "</faultCause><faultMessage><key>k"
                              "</key><arg><key>1</key><value xsi:type=\"xsd:string\">/bin/sh"
                              "</value></arg></faultMessage><file>g</file></FileNotFoundFault>"));
}

typedef struct Aged {
        const WireType *type;
        char *first, *second, *third;
} Aged;

static const WireField aged_rows[] = {
        {"first", AT(Aged, first), REQUIRED},
        {"second", AT(Aged, second), OPTIONAL, .since = API_VERSION(6, 7, 1, 0)},
        {"third", AT(Aged, third), OPTIONAL, .since = API_VERSION(8, 0, 2, 0)},
};
static const WireType type_aged = {
        .name = "Aged", .size = sizeof(Aged), .fields = aged_rows, .n_fields = ELEMENTS(aged_rows)};

/* Old bindings refuse a whole answer for one element that they do not know. */
static void test_versions(void)
{
        static const struct {
                uint32_t version;
                const char *text;
        } rows[] = {
                {API_VERSION(5, 5, 0, 0), RESPONSE(VALUE "<first>1</first>" VALUE_END)},
                {API_VERSION(6, 7, 0, 0), RESPONSE(VALUE "<first>1</first>" VALUE_END)},
                {API_VERSION(6, 7, 1, 0),
                 RESPONSE(VALUE "<first>1</first><second>2</second>" VALUE_END)},
                {API_VERSION(8, 0, 1, 0),
                 RESPONSE(VALUE "<first>1</first><second>2</second>" VALUE_END)},
                {API_VERSION(8, 0, 2, 0),
                 RESPONSE(VALUE "<first>1</first><second>2</second><third>3</third>" VALUE_END)},
                {WIRE_ALL_VERSIONS,
                 RESPONSE(VALUE "<first>1</first><second>2</second><third>3</third>" VALUE_END)},
        };
        static const Method method = {
                .name = "Call", .result = FORM_OBJECT, .result_type = &type_aged};
        static const Aged aged = {&type_aged, (char *)"1", (char *)"2", (char *)"3"};
        const void *object = &aged;
        _cleanup_(buf_done) Buf json = {0};

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(buf_done) Buf out = {0};

                soap_write_response(&out, &method, &object, rows[i].version);
                EXPECT_STR("as known", buf_text(&out), rows[i].text);
        }
        json_write(&json, FORM_OBJECT, &object);
        EXPECT_STR("JSON has all", buf_text(&json),
                   "{\"_typeName\":\"Aged\",\"first\":\"1\",\"second\":\"2\",\"third\":\"3\"}");
}

static void check_round_trip(const WireType *type, unsigned int turn)
{
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        _cleanup_(buf_done) Buf once = {0}, twice = {0};
        Filler filler = {
                .arena = arena,
                .turn = turn,
                .only_required = turn % 4 == 3,
                .as_text = true,
        };
        void *again = NULL;
        WireError error;

        write_call(&once, fill_object(&filler, type));
        (void)read_call(arena, once.data, once.size, type, &again, &error);
        EXPECT_STR(type->name, error.reason, "");
        EXPECT_STR(type->name, error.path, "");
        if (!again)
                return;
        EXPECT(type->name, is_whole(again, type));
        write_call(&twice, again);
        EXPECT_STR(type->name, buf_text(&twice), buf_text(&once));
}

static void test_round_trips(void)
{
        for (size_t i = 0; i < n_wire_types; i++)
                for (unsigned int turn = 0; is_concrete(wire_types[i]) && turn < 24; turn++)
                        check_round_trip(wire_types[i], turn);
}

int main(void)
{
        test_responses();
        test_any();
        test_any_read();
        test_faults();
        test_deep_fault();
        test_versions();
        test_round_trips();
        return test_end();
}
