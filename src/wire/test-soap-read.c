/* SOAP inwards, as rows: what a client may say, in which words, and what is understood. */

#include "wire/test-read.h"
#include "wire/test-soap.h"

#define ENVELOPE(body)                                                                             \
        "<s:Envelope xmlns:s=\"" SOAP_SPACE "\" " SOAP_XSI " " SOAP_XSD                            \
        " xmlns:v=\"urn:vim25\">" body "</s:Envelope>"
#define THIS     "<_this type=\"T\">t</_this>"
#define CALL(in) ENVELOPE("<s:Body><Call xmlns=\"urn:vim25\">" THIS in "</Call></s:Body>")
#define XT       " xsi:type="
#define NIL      " xsi:nil=\"true\""

#define VM "<vm type=\"VirtualMachine\">vm-1</vm>"
#define AUTH                                                                                       \
        "<auth" XT "'NamePasswordAuthentication'><interactiveSession>false"                        \
        "</interactiveSession><username>u</username>"                                              \
        "<password>p</password></auth>"
#define SPEC "<spec><programPath>/bin/sh</programPath><arguments></arguments></spec>"

#define START(a, b, c)     CALL(a b c)
#define AUTH_OF(type)      "<auth" XT "'" type "'/>"
#define SPEC_WITH(members) "<spec>" members "</spec>"
#define TEXT(name, text)   "<" name ">" text "</" name ">"
#define YES(name)          "<" name ">true</" name ">"
#define PIDS(one, two)     CALL(VM AUTH "<pids>" one "</pids><pids>" two "</pids>")
#define INTERACTIVE(yes)                                                                           \
        CALL(VM "<auth" XT "'SSPIAuthentication'><sspiToken>t</sspiToken>"                         \
                "<interactiveSession>" yes "</interactiveSession></auth>")
#define STATE(state, connections)                                                                  \
        CALL("<connectionState>connected</connectionState><powerState>" state "</powerState>"      \
             "<faultToleranceState>disabled</faultToleranceState>"                                 \
             "<toolsInstallerMounted>0</toolsInstallerMounted><numMksConnections>" connections     \
             "</numMksConnections><recordReplayState>inactive</"                                   \
             "recordReplayState><onlineStandby>0</onlineStandby>"                                  \
             "<consolidationNeeded>1</consolidationNeeded>")
#define SESSION(time)                                                                              \
        CALL("<key/><userName/><fullName/><loginTime>" time "</loginTime>"                         \
             "<lastActiveTime>1970-01-01T00:00:00Z</lastActiveTime><locale/><messageLocale/>"      \
             "<extensionSession>0</extensionSession><ipAddress/><userAgent/>"                      \
             "<callCount>0</callCount>")

#include "wire/test-read-same.h"

#define BODY(in)    ENVELOPE("<s:Body>" in "</s:Body>")
#define CONTENT(in) "<RetrieveContent xmlns=\"urn:vim25\">" in "</RetrieveContent>"
#define SOAP_12     "http://www.w3.org/2003/05/soap-envelope"

static void test_envelopes(void)
{
        static const ReadRow rows[] = {
                {"plain", NONE, BODY(CONTENT(THIS)), WIRE_OK, ""},
                {"with a header", NONE,
                 ENVELOPE("<s:Header><operationID>o</operationID></s:Header><s:Body>" CONTENT(
                         THIS) "</s:Body>"),
                 WIRE_OK, ""},
                {"with an empty header", NONE,
                 ENVELOPE("<s:Header/><s:Body>" CONTENT(THIS) "</s:Body>"), WIRE_OK, ""},
                {"prefix at the call", NONE, BODY("<v:Call>" THIS "</v:Call>"), WIRE_OK, ""},
                {"prefixes everywhere", NONE,
                 BODY("<v:Call><v:_this type=\"T\">t</v:_this></v:Call>"), WIRE_OK, ""},
                {"internal", NONE, BODY("<Call xmlns=\"urn:internalvim25\">" THIS "</Call>"),
                 WIRE_OK, ""},
                {"no namespace", NONE, BODY("<Call>" THIS "</Call>"), WIRE_MALFORMED, ""},
                {"another service", NONE, BODY("<Call xmlns=\"urn:sms\">" THIS "</Call>"),
                 WIRE_MALFORMED, ""},
                {"no call", NONE, BODY(""), WIRE_MALFORMED, ""},
                {"two calls", NONE, BODY(CONTENT(THIS) CONTENT(THIS)), WIRE_MALFORMED, ""},
                {"text for a call", NONE, BODY("x"), WIRE_MALFORMED, ""},
                {"no body", NONE, ENVELOPE(""), WIRE_MALFORMED, ""},
                {"a header alone", NONE, ENVELOPE("<s:Header/>"), WIRE_MALFORMED, ""},
                {"body in another namespace", NONE, ENVELOPE("<Body>" CONTENT(THIS) "</Body>"),
                 WIRE_MALFORMED, ""},
                {"no envelope", NONE, CONTENT(THIS), WIRE_MALFORMED, ""},
                {"SOAP 1.2", NONE,
                 "<Envelope xmlns=\"" SOAP_12 "\"><Body>" CONTENT(THIS) "</Body></Envelope>",
                 WIRE_MALFORMED, ""},
                {"no XML", NONE, "{}", WIRE_MALFORMED, ""},
                {"nothing", NONE, "", WIRE_MALFORMED, ""},
                {"no receiver", LI, BODY(CONTENT("<userName>u</userName>")), WIRE_BAD_VALUE,
                 "_this"},
                {"no receiver, nor anything", NONE, BODY(CONTENT("")), WIRE_BAD_VALUE, "_this"},
                {"receiver without type", NONE, BODY(CONTENT("<_this>t</_this>")), WIRE_BAD_VALUE,
                 "_this"},
                {"receiver of elements", NONE,
                 BODY(CONTENT("<_this type=\"T\"><value>t</value></_this>")), WIRE_BAD_VALUE,
                 "_this"},
                {"two receivers", NONE, BODY(CONTENT(THIS THIS)), WIRE_BAD_VALUE, "_this"},
        };

        check_rows(read_call, rows, ELEMENTS(rows));
}

#define PYVMOMI_HEAD                                                                               \
        SOAP_DECLARATION "\n<soapenv:Envelope xmlns:soapenc=\"http://schemas.xmlsoap.org/soap/"    \
                         "encoding/\" xmlns:soapenv=\"" SOAP_SPACE "\" " SOAP_XSD " " SOAP_XSI     \
                         ">\n<soapenv:Body>\n"
#define PYVMOMI_TAIL "\n</soapenv:Body>\n</soapenv:Envelope>"
#define ID           " versionId=\"8.0.3.0\""

#define GO_XSI "xmlns:XMLSchema-instance=\"http://www.w3.org/2001/XMLSchema-instance\""

#define RB_HEAD                                                                                    \
        "<env:Envelope xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:env=\"" SOAP_SPACE     \
        "\" " SOAP_XSI "><env:Body>"
#define RB_TAIL "</env:Body></env:Envelope>"

/* The same call, as three clients write it. */
static const struct {
        const char *about, *text, *operation_id;
} clients[] = {
        {"pyVmomi",
         PYVMOMI_HEAD
         "<StartProgramInGuest xmlns=\"urn:vim25\"><_this type=\"GuestProcessManager\"" ID
         ">gpm</_this><vm type=\"VirtualMachine\"" ID
         ">vm-42</vm><auth xsi:type=\"NamePasswordAuthentication\"" ID
         "><interactiveSession>true</interactiveSession><username>j\xc3\xbcrgen</"
         "username><password>&lt;&amp;&gt;\"'</password></auth><spec" ID
         "><programPath>/bin/sh</programPath><arguments>-c 'true' &gt; /tmp/x "
         "2&gt;&amp;1</arguments><envVariables>A=1</envVariables><envVariables></envVariables></"
         "spec></StartProgramInGuest>" PYVMOMI_TAIL,
         NULL},
        {"govmomi",
         "<Envelope xmlns=\"" SOAP_SPACE
         "\"><Header><operationID>4a5f-1b</operationID></Header><Body><StartProgramInGuest "
         "xmlns=\"urn:vim25\"><_this type=\"GuestProcessManager\">gpm</_this><vm "
         "type=\"VirtualMachine\">vm-42</vm><auth " GO_XSI
         " XMLSchema-instance:type=\"NamePasswordAuthentication\"><interactiveSession>true</"
         "interactiveSession><username>j\xc3\xbcrgen</username><password>&lt;&amp;&gt;&#34;&#39;</"
         "password></auth><spec " GO_XSI
         " XMLSchema-instance:type=\"GuestProgramSpec\"><programPath>/bin/sh</"
         "programPath><arguments>-c &#39;true&#39; &gt; /tmp/x "
         "2&gt;&amp;1</arguments><envVariables>A=1</envVariables><envVariables></envVariables></"
         "spec></StartProgramInGuest></Body></Envelope>",
         "4a5f-1b"},
        {"rbvmomi",
         RB_HEAD
         "<StartProgramInGuest xmlns=\"urn:vim25\"><_this "
         "type=\"GuestProcessManager\">gpm</_this><vm type=\"VirtualMachine\">vm-42</vm><auth "
         "xsi:type=\"NamePasswordAuthentication\"><interactiveSession>1</"
         "interactiveSession><username>j\xc3\xbcrgen</username><password>&lt;&amp;&gt;\"'</"
         "password></auth><spec "
         "xsi:type=\"GuestProgramSpec\"><programPath>/bin/sh</programPath><arguments>-c 'true' "
         "&gt; /tmp/x "
         "2&gt;&amp;1</arguments><envVariables>A=1</envVariables><envVariables/></spec></"
         "StartProgramInGuest>" RB_TAIL,
         NULL},
};

/* What was understood, and not only that it was. */
static void test_clients(void)
{
        for (size_t i = 0; i < ELEMENTS(clients); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
                const char *about = clients[i].about;
                const StartProgramInGuestRequestType *params;
                const NamePasswordAuthentication *auth;
                SoapRequest request = {0};
                void *object = NULL;
                WireError error;

                if (soap_open(arena, clients[i].text, strlen(clients[i].text), &request, &error) ||
                    soap_read(arena, &request, SP, &object, &error)) {
                        EXPECT_STR(about, error.reason, "");
                        continue;
                }
                EXPECT_STR(about, request.method, "StartProgramInGuest");
                EXPECT_STR(about, request.receiver.type, "GuestProcessManager");
                EXPECT_STR(about, request.receiver.value, "gpm");
                EXPECT_STR(about, request.operation_id, clients[i].operation_id);
                params = object;
                EXPECT_STR(about, params->vm.type, "VirtualMachine");
                EXPECT_STR(about, params->vm.value, "vm-42");
                EXPECT(about, params->auth->type == &type_NamePasswordAuthentication);
                auth = (const NamePasswordAuthentication *)(const void *)params->auth;
                EXPECT(about, auth->base.interactive_session);
                EXPECT_STR(about, auth->username, "j\xc3\xbcrgen");
                EXPECT_STR(about, auth->password, "<&>\"'");
                EXPECT(about, params->spec->type == &type_GuestProgramSpec);
                EXPECT_STR(about, params->spec->program_path, "/bin/sh");
                EXPECT_STR(about, params->spec->arguments, "-c 'true' > /tmp/x 2>&1");
                EXPECT_STR(about, params->spec->working_directory, NULL);
                EXPECT_INT(about, params->spec->env_variables.n, 2);
                EXPECT_STR(about, params->spec->env_variables.items[0], "A=1");
                EXPECT_STR(about, params->spec->env_variables.items[1], "");
        }
}

static void test_type_names(void)
{
        static const ReadRow rows[] = {
                {"auth: none", SP, CALL(VM "<auth><username>u</username></auth>" SPEC),
                 WIRE_BAD_TYPE, "auth"},
                {"auth: a prefix", LP,
                 CALL(VM "<auth" XT "'v:SSPIAuthentication'><interactiveSession>0</"
                         "interactiveSession><sspiToken/></auth>"),
                 WIRE_OK, ""},
                {"auth: a prefix that nobody declared", LP,
                 CALL(VM "<auth" XT "'ns1:SSPIAuthentication'><interactiveSession>0</"
                         "interactiveSession><sspiToken/></auth>"),
                 WIRE_OK, ""},
                {"auth: type without xsi", LP, CALL(VM "<auth type=\"SSPIAuthentication\"/>"),
                 WIRE_BAD_TYPE, "auth"},
                {"spec: a subtype", SP,
                 CALL(VM AUTH "<spec" XT
                              "'GuestWindowsProgramSpec'><programPath>p</programPath><arguments> "
                              "</arguments><startMinimized>true</startMinimized></spec>"),
                 WIRE_OK, ""},
        };

        check_rows(read_call, rows, ELEMENTS(rows));
}

#define LOGIN(in) CALL("<userName>u</userName><password>p</password>" in)

static void test_members(void)
{
        static const ReadRow rows[] = {
                {"blanks between", LI, CALL("\n <userName>u</userName>\n <password>p</password>\n"),
                 WIRE_OK, ""},
                {"missing: the first", SP, CALL(""), WIRE_BAD_VALUE, "vm"},
                {"nil: optional", LI, LOGIN("<locale" NIL "/>"), WIRE_OK, ""},
                {"nil: required", LI, CALL("<userName" NIL "/><password>p</password>"),
                 WIRE_BAD_VALUE, "userName"},
                {"nil: array", LP, CALL(VM AUTH "<pids" NIL "/>"), WIRE_OK, ""},
                {"nil: first of an array", LP, CALL(VM AUTH "<pids" NIL "/><pids>1</pids>"),
                 WIRE_OK, ""},
                {"nil: object", SP, CALL(VM AUTH "<spec" NIL "/>"), WIRE_BAD_VALUE, "spec"},
                {"nil: and then a value", LI, LOGIN("<locale" NIL "/><locale>en</locale>"), WIRE_OK,
                 ""},
                {"nil: unknown", LI, LOGIN("<x" NIL "/>"), WIRE_BAD_VALUE, "x"},
                {"unknown", LI, LOGIN("<x/>"), WIRE_BAD_VALUE, "x"},
                {"unknown where nothing is wanted", NONE, CALL("<x/>"), WIRE_BAD_VALUE, "x"},
                {"unknown: other case", LI, CALL("<username>u</username>"), WIRE_BAD_VALUE,
                 "username"},
                {"twice", LI, LOGIN("<userName>u</userName>"), WIRE_BAD_VALUE, "userName"},
                {"twice: object", SP, CALL(VM AUTH SPEC SPEC), WIRE_BAD_VALUE, "spec"},
                {"array in parts", LP, CALL("<pids>1</pids>" VM "<pids>2</pids>" AUTH), WIRE_OK,
                 ""},
                {"text beside members", LI, LOGIN("x"), WIRE_MALFORMED, ""},
                {"text in place of members", SP, CALL(VM AUTH "<spec>p</spec>"), WIRE_BAD_VALUE,
                 "spec"},
                {"blanks in place of members", SP, CALL(VM AUTH "<spec> </spec>"), WIRE_BAD_VALUE,
                 "spec.programPath"},
        };

        check_rows(read_call, rows, ELEMENTS(rows));
}

static void test_kinds(void)
{
        static const ReadRow rows[] = {
                {"string: of elements", LI, CALL("<userName><x/></userName>"), WIRE_BAD_VALUE,
                 "userName"},
                {"strings: of elements", SP,
                 CALL(VM AUTH "<spec><envVariables/><envVariables/><envVariables/><envVariables><x/"
                              "></envVariables></spec>"),
                 WIRE_BAD_VALUE, "spec.envVariables[3]"},
                {"bool: 1", LP, INTERACTIVE("1"), WIRE_OK, ""},
                {"bool: 0, with blanks", LP, INTERACTIVE("\n 0 \t"), WIRE_OK, ""},
                {"bool: empty", LP, INTERACTIVE(""), WIRE_BAD_VALUE, "auth.interactiveSession"},
                {"bool: 2", LP, INTERACTIVE("2"), WIRE_BAD_VALUE, "auth.interactiveSession"},
                {"bool: two of them", LP, INTERACTIVE("true true"), WIRE_BAD_VALUE,
                 "auth.interactiveSession"},
                {"bool: of elements", LP, INTERACTIVE("<x/>"), WIRE_BAD_VALUE,
                 "auth.interactiveSession"},
                {"long: too large", LP, PIDS("7", "9223372036854775808"), WIRE_BAD_VALUE,
                 "pids[1]"},
                {"long: too small", LP, PIDS("7", "-9223372036854775809"), WIRE_BAD_VALUE,
                 "pids[1]"},
                {"long: plus, zeros, blanks", LP, PIDS("7", " +007\r\n"), WIRE_OK, ""},
                {"long: hexadecimal", LP, PIDS("7", "0x10"), WIRE_BAD_VALUE, "pids[1]"},
                {"long: empty", LP, PIDS("7", ""), WIRE_BAD_VALUE, "pids[1]"},
                {"long: sign alone", LP, PIDS("7", "-"), WIRE_BAD_VALUE, "pids[1]"},
                {"long: two of them", LP, PIDS("7", "1 2"), WIRE_BAD_VALUE, "pids[1]"},
                {"long: in an optional", AC, CALL(VM "<sessionID>x</sessionID>"), WIRE_BAD_VALUE,
                 "sessionID"},
                {"time: zone, blanks", US, SESSION(" 2022-12-12T11:48:35+01:00 "), WIRE_OK, ""},
                {"optional bool: empty", GI,
                 CALL("<guestState>running</guestState><guestOperationsReady/>"), WIRE_BAD_VALUE,
                 "guestOperationsReady"},
                {"reference: no type", SP, CALL("<vm>vm-1</vm>"), WIRE_BAD_VALUE, "vm"},
                {"reference: of elements", SP, CALL("<vm type=\"T\"><value>v</value></vm>"),
                 WIRE_BAD_VALUE, "vm"},
                {"reference: its type said twice", SP,
                 CALL("<vm" XT "'ManagedObjectReference' type=\"T\">v</vm>" AUTH SPEC), WIRE_OK,
                 ""},
        };

        check_rows(read_call, rows, ELEMENTS(rows));
}

#define CAUSE(in) CALL("<faultCause>" in "</faultCause>")

/* An array is all of its elements, in their order. */
static void test_array_in_parts(void)
{
        static const char text[] = CALL("<pids>1</pids>" VM "<pids>2</pids>" AUTH "<pids>3</pids>");
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        const ListProcessesInGuestRequestType *params = NULL;
        WireError error;

        EXPECT_INT("read", read_text(read_call, arena, text, strlen(text), LP, &params, &error), 0);
        for (size_t i = 0; params && i < 3; i++)
                EXPECT_INT("item", params->pids.items[i], i + 1);
        EXPECT_INT("items", params ? params->pids.n : 0, 3);
}

static void test_localized(void)
{
        static const ReadRow rows[] = {
                {"fault", NS,
                 CAUSE("<fault" XT "'FileNotFound'><file>f</file></fault><localizedMessage>m</"
                       "localizedMessage>"),
                 WIRE_OK, ""},
                {"its name", NS,
                 CALL("<faultCause" XT "'LocalizedMethodFault'><fault" XT
                      "'NotSupported'/></faultCause>"),
                 WIRE_OK, ""},
                {"a cause of the cause", NS,
                 CAUSE("<fault" XT "'NotSupported'><faultCause><fault" XT
                       "'FileNotFound'/></faultCause></fault>"),
                 WIRE_BAD_VALUE, "faultCause.fault.faultCause.fault.file"},
                {"no fault", NS, CAUSE("<localizedMessage/>"), WIRE_BAD_VALUE, "faultCause.fault"},
                {"no type", NS, CAUSE("<fault/>"), WIRE_BAD_TYPE, "faultCause.fault"},
                {"another type", NS, CAUSE("<fault" XT "'GuestInfo'/>"), WIRE_BAD_TYPE,
                 "faultCause.fault"},
        };

        check_rows(read_call, rows, ELEMENTS(rows));
}

#define HEAD                                                                                       \
        "<Envelope xmlns=\"" SOAP_SPACE "\" " SOAP_XSI " " SOAP_XSD                                \
        "><Body><Call xmlns=\"urn:vim25\">" THIS
#define TAIL "</Call></Body></Envelope>"

static void test_limits(void)
{
        static const LimitRow rows[] = {
                {"longest string", LI, "<password/><userName>", "x", WIRE_STRING_MAX, "</userName>",
                 WIRE_OK, ""},
                {"one byte more", LI, "<password/><userName>", "x", WIRE_STRING_MAX + 1,
                 "</userName>", WIRE_BAD_VALUE, "userName"},
                {"longest array", LP, VM AUTH, "<pids>1</pids>", WIRE_ITEMS_MAX, "", WIRE_OK, ""},
                {"one element more", LP, VM AUTH, "<pids>1</pids>", WIRE_ITEMS_MAX + 1, "",
                 WIRE_BAD_VALUE, "pids"},
                {"more than the arena holds", SP,
                 VM AUTH "<spec><programPath>p</programPath><arguments/>",
                 "<envVariables>a string of a hundred bytes, but for those which are not here, and "
                 "for a few which are</envVariables>",
                 WIRE_ITEMS_MAX, "</spec>", WIRE_NO_MEMORY, NULL},
        };

        check_limits(read_call, (size_t)14 << 20, HEAD, TAIL, rows, ELEMENTS(rows));
}

/* Wherever the arena ends, nothing is lost and nothing half is given out. */
static void test_small_arenas(void)
{
        const char *text = clients[0].text;

        for (size_t max = 0; max < 16384; max += 16) {
                _cleanup_(arena_freep) Arena *arena = arena_new(max);
                void *object = NULL;
                WireError error;
                int r = read_call(arena, text, strlen(text), SP, &object, &error);

                EXPECT_INT("fits or not", r, object ? 0 : -ENOMEM);
                EXPECT_INT("and says so", error.kind, object ? WIRE_OK : WIRE_NO_MEMORY);
        }
}

/* Objects inside objects: through anyType, and with two elements for each. */
static void test_depth(void)
{
        static const struct {
                const WireType *type;
                const char *before, *begin, *innermost, *end, *after;
                unsigned int levels;
        } rows[] = {
                {FM, "<key/><arg><key/>", "<value" XT "'KeyAnyValue'><key/>",
                 "<value" XT "'xsd:int'>1</value>", "</value>", "</arg>", 16},
                {NS, "", "<faultCause><fault" XT "'NotSupported'>", "", "</fault></faultCause>", "",
                 17},
                {FM, "<key/><arg><key/>", "<value" XT "'ArrayOfKeyAnyValue'><KeyAnyValue><key/>",
                 "<value" XT "'xsd:int'>1</value>", "</KeyAnyValue></value>", "</arg>", 16},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                unsigned int taken = 0;

                for (size_t n = 0; n < WIRE_DEPTH_MAX + 8; n++) {
                        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
                        _cleanup_(buf_done) Buf text = {0};
                        void *object = NULL;
                        WireError error;

                        buf_puts(&text, HEAD);
                        buf_puts(&text, rows[i].before);
                        put_repeated(&text, rows[i].begin, n);
                        buf_puts(&text, rows[i].innermost);
                        put_repeated(&text, rows[i].end, n);
                        buf_puts(&text, rows[i].after);
                        buf_puts(&text, TAIL);
                        if (read_call(arena, text.data, text.size, rows[i].type, &object, &error))
                                EXPECT("why", strstr(error.reason, "nested too deeply") != NULL);
                        else
                                taken++;
                }
                EXPECT_INT("levels", taken, rows[i].levels);
        }
}

static void test_versions(void)
{
        static const struct {
                const char *header;
                uint32_t version;
        } rows[] = {
                {"\"urn:vim25/8.0.3.0\"", API_VERSION(8, 0, 3, 0)},
                {"urn:vim25/8.0.2.0", API_VERSION(8, 0, 2, 0)},
                {" \"urn:vim25/8.0.0.1\" ", API_VERSION(8, 0, 0, 1)},
                {"urn:vim25/6.7", API_VERSION(6, 7, 0, 0)},
                {"\"urn:vim25/6.9.1\"", API_VERSION(6, 9, 1, 0)},
                {"urn:vim25/9.1.0.0", API_VERSION(9, 1, 0, 0)},
                {"\"urn:vim25/5.5\"", API_VERSION(5, 5, 0, 0)},
                {"urn:vim25/2.5u2server", API_VERSION(2, 5, 2, 0)},
                {"urn:vim25/2.5u2", API_VERSION(2, 5, 2, 0)},
                {"urn:internalvim25/5.1", API_VERSION(5, 1, 0, 0)},
                {NULL, WIRE_ALL_VERSIONS},
                {"", WIRE_ALL_VERSIONS},
                {"\"\"", WIRE_ALL_VERSIONS},
                {"urn:vim25", WIRE_ALL_VERSIONS},
                {"\"urn:vim25\"", WIRE_ALL_VERSIONS},
                {"urn:vim25/", WIRE_ALL_VERSIONS},
                {"urn:vim25/legacy", WIRE_ALL_VERSIONS},
                {"urn:vim25/8.", WIRE_ALL_VERSIONS},
                {"urn:vim25/8.0.3.0.1", WIRE_ALL_VERSIONS},
                {"urn:vim25/8.-1", WIRE_ALL_VERSIONS},
                {"urn:vim25/256", WIRE_ALL_VERSIONS},
                {"urn:vim25/99999999999999999999999", WIRE_ALL_VERSIONS},
                {"urn:vim25/8.0 or so", WIRE_ALL_VERSIONS},
                {"urn:sms/8.0", WIRE_ALL_VERSIONS},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++)
                EXPECT_INT(rows[i].header ? rows[i].header : "none",
                           soap_action_version(rows[i].header), rows[i].version);
}

int main(void)
{
        test_same(read_call);
        test_envelopes();
        test_clients();
        test_type_names();
        test_members();
        test_kinds();
        test_array_in_parts();
        test_localized();
        test_limits();
        test_small_arenas();
        test_depth();
        test_versions();
        return test_end();
}
