/* XML to a tree, as rows: what is kept of a document, and what is no document of ours. */

#include "wire/xml.h"

#include "base/buf.h"
#include "base/test.h"

#define ARENA_MAX ((size_t)32 << 20)

#define XSI  " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
#define XSD  " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""
#define DECL "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"

/* name{namespace, where it is another than outside}@type:xsi-type~nil=text(children) */
static void put_tree(Buf *out, const XmlElement *element, const char *outside)
{
        buf_puts(out, element->name);
        if (strcmp(element->space, outside) != 0)
                buf_putf(out, "{%s}", element->space);
        if (element->type)
                buf_putf(out, "@%s", element->type);
        if (element->xsi_type)
                buf_putf(out, ":%s%s", element->xsi_type_is_schema ? "schema " : "",
                         element->xsi_type);
        if (element->nil)
                buf_putc(out, '~');
        EXPECT_INT(element->name, element->text_size, strlen(element->text));
        if (element->text_size)
                buf_putf(out, "=%s", element->text);
        for (const XmlElement *child = element->children; child; child = child->next) {
                buf_putc(out, child == element->children ? '(' : ' ');
                put_tree(out, child, element->space);
                if (!child->next)
                        buf_putc(out, ')');
        }
}

static int read_text(Arena *arena, const char *text, size_t size, const XmlElement **ret,
                     WireError *error)
{
        /* Without a NUL behind it: a reader that goes on is caught. */
        _cleanup_(freep) char *copy = malloc(size ? size : 1);

        if (!copy)
                return -ENOMEM;
        if (size)
                memcpy(copy, text, size);
        return xml_read(arena, copy, size, ret, error);
}

typedef struct Row {
        const char *about, *text;
        const char *tree; /* NULL: refused */
} Row;

static void check_rows(const Row *rows, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
                _cleanup_(buf_done) Buf tree = {0};
                const XmlElement *root = NULL;
                WireError error;
                int r = read_text(arena, rows[i].text, strlen(rows[i].text), &root, &error);

                EXPECT_INT(rows[i].about, r, rows[i].tree ? 0 : -EBADMSG);
                EXPECT_INT(rows[i].about, error.kind, rows[i].tree ? WIRE_OK : WIRE_MALFORMED);
                EXPECT_INT(rows[i].about, error.reason[0] != '\0', !rows[i].tree);
                if (root)
                        put_tree(&tree, root, "");
                EXPECT_STR(rows[i].about, root ? buf_text(&tree) : NULL, rows[i].tree);
        }
}

static void test_trees(void)
{
        static const Row rows[] = {
                {"one element", "<a/>", "a"},
                {"text", "<a>b</a>", "a=b"},
                {"blank text stays", "<a> \n</a>", "a= \n"},
                {"children", "<a><b/><c>d</c><b><e/></b></a>", "a(b c=d b(e))"},
                {"blanks between", "<a>\n <b/>\t<c/>\r\n</a>\n", "a(b c)"},
                {"text before a child", "<a>x<b/></a>", NULL},
                {"text behind a child", "<a><b/>x</a>", NULL},
                {"text between", "<a><b/>x<b/></a>", NULL},
                {"declaration", DECL "<a/>", "a"},
                {"byte order mark", "\xef\xbb\xbf" DECL "<a/>", "a"},
                {"comment in a text", "<a>b<!-- x -->c</a>", "a=bc"},
                {"comments around", "<!-- x --><a/><!-- y -->", "a"},
                {"instruction", "<?x y?><a>b<?z?>c</a>", "a=bc"},
                {"marked section", "<a>b<![CDATA[<&]]>c</a>", "a=b<&c"},
                {"the five entities", "<a>&lt;&gt;&amp;&quot;&apos;</a>", "a=<>&\"'"},
                {"a character by number", "<a>&#228;&#x20AC;&#xD;</a>", "a=\xc3\xa4\xe2\x82\xac\r"},
                {"ends of lines", "<a>b\r\nc\rd</a>", "a=b\nc\nd"},
                {"UTF-8", "<a>\xf0\x9f\x98\x80</a>", "a=\xf0\x9f\x98\x80"},
        };

        check_rows(rows, ELEMENTS(rows));
}

static void test_namespaces(void)
{
        static const Row rows[] = {
                {"default", "<a xmlns=\"urn:x\"><b/></a>", "a{urn:x}(b)"},
                {"prefix", "<p:a xmlns:p=\"urn:x\"><b/><p:c/></p:a>", "a{urn:x}(b{} c)"},
                {"inner default", "<p:a xmlns:p=\"urn:x\"><b xmlns=\"urn:y\"><c/></b><p:d/></p:a>",
                 "a{urn:x}(b{urn:y}(c) d)"},
                {"one begins as the other", "<a xmlns=\"urn:xy\"><b xmlns=\"urn:x\"/></a>",
                 "a{urn:xy}(b{urn:x})"},
                {"none again", "<a xmlns=\"urn:x\"><b xmlns=\"\"/></a>", "a{urn:x}(b{})"},
                {"prefix that nobody declared", "<p:a/>", NULL},
                {"prefix that has ended", "<a><b xmlns:p=\"urn:x\"/><p:c/></a>", NULL},
                {"two colons", "<p:a:b xmlns:p=\"urn:x\"/>", NULL},
                {"namespace with a line in it", "<a xmlns=\"urn:x&#10;y\"/>", NULL},
        };

        check_rows(rows, ELEMENTS(rows));
}

static void test_attributes(void)
{
        static const Row rows[] = {
                {"type", "<a type=\"Folder\">f</a>", "a@Folder=f"},
                {"type in quotes of the other kind", "<a type='Folder'/>", "a@Folder"},
                {"type of a namespace", "<a xmlns:x=\"urn:x\" x:type=\"Folder\"/>", "a"},
                {"others", "<a versionId=\"8.0.3.0\" name=\"n\"/>", "a"},
                {"xsi:type", "<a" XSI " xsi:type=\"T\"/>", "a:T"},
                {"xsi:type: the namespace counts, not the prefix",
                 "<a xmlns:XMLSchema-instance=\"http://www.w3.org/2001/XMLSchema-instance\" "
                 "XMLSchema-instance:type=\"T\"/>",
                 "a:T"},
                {"xsi:type: an impostor's", "<a xmlns:xsi=\"urn:x\" xsi:type=\"T\"/>", "a"},
                {"xsi:type: blanks around", "<a" XSI " xsi:type=\" \n T \"/>", "a:T"},
                {"xsi:type: empty", "<a" XSI " xsi:type=\"\"/>", "a:"},
                {"both types", "<a" XSI " xsi:type=\"ManagedObjectReference\" type=\"Task\"/>",
                 "a@Task:ManagedObjectReference"},
                {"prefix", "<a" XSI " xmlns:v=\"urn:vim25\" xsi:type=\"v:T\"/>", "a:T"},
                {"prefix that nobody declared", "<a" XSI " xsi:type=\"ns1:T\"/>", "a:T"},
                {"prefix alone", "<a" XSI " xsi:type=\"v:\"/>", "a:"},
                {"schema", "<a" XSI XSD " xsi:type=\"xsd:int\"/>", "a:schema int"},
                {"schema, declared outside", "<a" XSI XSD "><b><c xsi:type=\"xsd:int\"/></b></a>",
                 "a(b(c:schema int))"},
                {"schema, as the default",
                 "<a" XSI " xmlns=\"http://www.w3.org/2001/XMLSchema\" "
                 "xsi:type=\"int\"/>",
                 "a{http://www.w3.org/2001/XMLSchema}:schema int"},
                {"the prefix, but not the schema",
                 "<a" XSI " xmlns:xsd=\"urn:x\" xsi:type=\"xsd:int\"/>", "a:int"},
                {"the prefix means another thing inside",
                 "<a" XSI XSD "><b xmlns:xsd=\"urn:x\" xsi:type=\"xsd:int\"/>"
                 "<b xsi:type=\"xsd:int\"/></a>",
                 "a(b:int b:schema int)"},
                {"nil",
                 "<a" XSI "><b xsi:nil=\"true\"/><b xsi:nil=\"1\"/><b xsi:nil=\"false\"/>"
                 "<b nil=\"true\"/></a>",
                 "a(b~ b~ b b)"},
                {"twice", "<a type=\"x\" type=\"y\"/>", NULL},
        };

        check_rows(rows, ELEMENTS(rows));
}

#define BOMB                                                                                       \
        "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;\">"       \
        "<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;\">]><a>&d;</a>"

static void test_refused(void)
{
        static const Row rows[] = {
                {"nothing", "", NULL},
                {"blanks", " \n", NULL},
                {"no XML", "{\"a\":1}", NULL},
                {"cut off", "<a><b></b>", NULL},
                {"two roots", "<a/><b/>", NULL},
                {"text behind it", "<a/>b", NULL},
                {"crossed", "<a><b></a></b>", NULL},
                {"document type", "<!DOCTYPE a><a/>", NULL},
                {"document type from elsewhere", "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
                 NULL},
                {"entity", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", NULL},
                {"entity from elsewhere",
                 "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>", NULL},
                {"entities of entities", BOMB, NULL},
                {"entity that nobody declared", "<a>&b;</a>", NULL},
                {"latin 1", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>", NULL},
                {"UTF-16 by name", "<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>", NULL},
                {"UTF-7", "<?xml version=\"1.0\" encoding=\"UTF-7\"?><a/>", NULL},
                {"UTF-16 by its mark", "\xff\xfe<", NULL},
                {"XML 1.1", "<?xml version=\"1.1\"?><a/>", NULL},
                {"invalid UTF-8", "<a>\xff</a>", NULL},
                {"overlong", "<a>\xc0\xaf</a>", NULL},
                {"surrogate", "<a>\xed\xa0\x80</a>", NULL},
                {"control character", "<a>\x01</a>", NULL},
                {"control character by number", "<a>&#1;</a>", NULL},
                {"NUL by number", "<a>&#0;</a>", NULL},
                {"bare ampersand", "<a>b & c</a>", NULL},
                {"less in an attribute", "<a type=\"<\"/>", NULL},
        };
        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
        static const char wide[] = "<\0a\0/\0>";
        const XmlElement *root = NULL;
        WireError error;

        check_rows(rows, ELEMENTS(rows));
        EXPECT_INT("NUL", read_text(arena, "<a>\0</a>", 8, &root, &error), -EBADMSG);
        EXPECT_INT("UTF-16", read_text(arena, wide, sizeof(wide), &root, &error), -EBADMSG);
        EXPECT_INT("no byte at all", xml_read(arena, NULL, 0, &root, &error), -EBADMSG);
        EXPECT("nothing was given out", !root);
        (void)read_text(arena, "<a>\n <b></a>", 12, &root, &error);
        EXPECT_STR("where it is", error.reason, "line 2, column 7: mismatched tag");
}

static void test_limits(void)
{
        static const struct {
                const char *about, *before, *item, *after_item, *after;
                size_t n;
                WireErrorKind kind;
        } rows[] = {
                {"deepest", "", "<a>", "</a>", "", XML_DEPTH_MAX, WIRE_OK},
                {"too deep", "", "<a>", "</a>", "", XML_DEPTH_MAX + 1, WIRE_MALFORMED},
                {"far too deep", "", "<a>", "", "", 200000, WIRE_MALFORMED},
                {"most elements", "<a>", "<b/>", "", "</a>", XML_ELEMENTS_MAX - 1, WIRE_OK},
                {"one more", "<a>", "<b/>", "", "</a>", XML_ELEMENTS_MAX, WIRE_MALFORMED},
                {"longest text", "<a>", "x", "", "</a>", XML_TEXT_MAX, WIRE_OK},
                {"one byte more", "<a>", "x", "", "</a>", XML_TEXT_MAX + 1, WIRE_MALFORMED},
                {"blanks count", "<a>", " ", "", "<b/></a>", XML_TEXT_MAX + 1, WIRE_MALFORMED},
                {"more than the arena holds", "<a>", "<b>a text of some length</b>", "", "</a>",
                 XML_ELEMENTS_MAX - 1, WIRE_NO_MEMORY},
        };

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                _cleanup_(arena_freep) Arena *arena = arena_new((size_t)12 << 20);
                _cleanup_(buf_done) Buf text = {0};
                const XmlElement *root = NULL;
                WireError error;

                buf_puts(&text, rows[i].before);
                for (size_t k = 0; k < rows[i].n; k++)
                        buf_puts(&text, rows[i].item);
                for (size_t k = 0; k < rows[i].n; k++)
                        buf_puts(&text, rows[i].after_item);
                buf_puts(&text, rows[i].after);
                (void)xml_read(arena, text.data, text.size, &root, &error);
                EXPECT_INT(rows[i].about, error.kind, rows[i].kind);
                EXPECT_INT(rows[i].about, root != NULL, rows[i].kind == WIRE_OK);
        }
}

static void test_attribute_limits(void)
{
        for (size_t n = XML_ATTRIBUTES_MAX - 1; n <= XML_ATTRIBUTES_MAX + 1; n++)
                for (size_t spaces = 0; spaces <= n; spaces += n) {
                        _cleanup_(arena_freep) Arena *arena = arena_new(ARENA_MAX);
                        _cleanup_(buf_done) Buf text = {0};
                        const XmlElement *root = NULL;
                        WireError error;

                        buf_puts(&text, "<a");
                        for (size_t i = 0; i < n; i++)
                                buf_putf(&text, i < spaces ? " xmlns:p%zu=\"u\"" : " a%zu=\"\"", i);
                        buf_puts(&text, "/>");
                        EXPECT_INT("attributes",
                                   xml_read(arena, text.data, text.size, &root, &error),
                                   n <= XML_ATTRIBUTES_MAX ? 0 : -EBADMSG);
                }
}

/* Every request has an arena, and every arena an end: wherever it comes, nothing is lost. */
static void test_small_arenas(void)
{
        static const char text[] = "<a" XSI XSD "><b type=\"t\" xsi:type=\"xsd:int\">c</b><d/></a>";

        for (size_t max = 0; max < 8192; max += 16) {
                _cleanup_(arena_freep) Arena *arena = arena_new(max);
                const XmlElement *root = NULL;
                WireError error;
                int r = xml_read(arena, text, strlen(text), &root, &error);

                EXPECT_INT("fits or not", r, root ? 0 : -ENOMEM);
                EXPECT_INT("and says so", error.kind, root ? WIRE_OK : WIRE_NO_MEMORY);
        }
}

int main(void)
{
        test_trees();
        test_namespaces();
        test_attributes();
        test_refused();
        test_limits();
        test_attribute_limits();
        test_small_arenas();
        return test_end();
}
