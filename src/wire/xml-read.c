/* XML, inwards, by expat. Sources: XML 1.0; Namespaces in XML 1.0; XML Schema 1.1, section 2.7. */

#include "base/buf.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "wire/reader.h"
#include "wire/xml.h"

#include <expat.h>
#include <limits.h>
#include <strings.h>

/* Between a namespace and a name, as expat joins them. It cannot stand in either. */
#define SEPARATOR "\n"

#define SPACE_SCHEMA "http://www.w3.org/2001/XMLSchema"
#define XSI(name)    "http://www.w3.org/2001/XMLSchema-instance" SEPARATOR name

/* A prefix that is declared here or further out: only values of xsi:type have to know. */
typedef struct Prefix Prefix;
struct Prefix {
        const char *name; /* "": the default namespace */
        bool is_schema;
        const Prefix *outer;
};

typedef struct Parser {
        XML_Parser expat;
        WireReader reader;
        const Prefix *prefixes;
        size_t n_declared; /* prefixes of the element that begins */
        size_t n_elements;
        size_t depth;
        XmlElement *open[XML_DEPTH_MAX];
        XmlElement *last[XML_DEPTH_MAX + 1]; /* the newest child of what is open, the root first */
        Buf text;
        int r; /* once negative, expat may still call, and nothing is done */
} Parser;

static void parser_done(Parser *parser)
{
        if (parser->expat)
                XML_ParserFree(parser->expat);
        buf_erase(&parser->text);
}

static int no_memory(Parser *parser)
{
        return wire_fail(&parser->reader, WIRE_NO_MEMORY, "the request is too large");
}

static int malformed(Parser *parser, const char *reason)
{
        return wire_fail(&parser->reader, WIRE_MALFORMED, "line %lu, column %lu: %s",
                         XML_GetCurrentLineNumber(parser->expat),
                         XML_GetCurrentColumnNumber(parser->expat) + 1, reason);
}

/* For callbacks: the first failure counts. */
static void stop(Parser *parser, int r)
{
        if (parser->r >= 0)
                parser->r = r;
        (void)XML_StopParser(parser->expat, XML_FALSE);
}

/* The same text again and again: neighbours mostly have name and namespace in common. */
static const char *keep(Parser *parser, const char *neighbour, const char *text, size_t size)
{
        if (neighbour && strlen(neighbour) == size && memcmp(neighbour, text, size) == 0)
                return neighbour;
        return arena_strndup(parser->reader.arena, text, size);
}

static bool is_blank(const Buf *text)
{
        for (size_t i = 0; i < text->size; i++)
                if (!strchr(" \t\r\n", text->data[i]))
                        return false;
        return true;
}

static void on_declaration(void *user, const XML_Char *version, const XML_Char *encoding,
                           int standalone)
{
        Parser *parser = user;

        (void)standalone;
        if (version && strcmp(version, "1.0") != 0)
                stop(parser, malformed(parser, "the only version of XML that is taken is 1.0"));
        if (encoding && strcasecmp(encoding, "UTF-8") != 0)
                stop(parser, malformed(parser, "the only encoding that is taken is UTF-8"));
}

static void on_doctype(void *user, const XML_Char *name, const XML_Char *system_id,
                       const XML_Char *public_id, int has_internal_subset)
{
        Parser *parser = user;

        (void)name;
        (void)system_id;
        (void)public_id;
        (void)has_internal_subset;
        stop(parser, malformed(parser, "a document type declaration is not taken"));
}

static void on_namespace(void *user, const XML_Char *name, const XML_Char *uri)
{
        Parser *parser = user;
        Prefix *prefix = arena_new_object(parser->reader.arena, Prefix);

        parser->n_declared++;
        if (!prefix) {
                stop(parser, no_memory(parser));
                return;
        }
        prefix->is_schema = uri && strcmp(uri, SPACE_SCHEMA) == 0;
        prefix->outer = parser->prefixes;
        prefix->name = name ? arena_strdup(parser->reader.arena, name) : "";
        if (!prefix->name)
                stop(parser, no_memory(parser));
        else
                parser->prefixes = prefix;
}

/* Those of one element end together, so it is all the same which one goes first. */
static void on_namespace_end(void *user, const XML_Char *name)
{
        Parser *parser = user;

        (void)name;
        if (parser->prefixes)
                parser->prefixes = parser->prefixes->outer;
}

static bool is_schema_prefix(const Parser *parser, const char *name, size_t size)
{
        for (const Prefix *prefix = parser->prefixes; prefix; prefix = prefix->outer)
                if (strlen(prefix->name) == size && memcmp(prefix->name, name, size) == 0)
                        return prefix->is_schema;
        return false;
}

static int take_xsi_type(Parser *parser, XmlElement *element, const char *value)
{
        const char *start = value + strspn(value, " ");
        size_t size = strcspn(start, " ");
        const char *colon = memchr(start, ':', size);
        size_t prefix = colon ? (size_t)(colon - start) : 0, skipped = colon ? prefix + 1 : 0;

        element->xsi_type = keep(parser, NULL, start + skipped, size - skipped);
        element->xsi_type_is_schema = is_schema_prefix(parser, start, prefix);
        return element->xsi_type ? 0 : -ENOMEM;
}

static int take_attributes(Parser *parser, XmlElement *element, const char *const *attributes)
{
        size_t n = parser->n_declared;
        int r = 0;

        parser->n_declared = 0;
        for (; r >= 0 && attributes[0]; attributes += 2) {
                const char *name = attributes[0], *value = attributes[1];

                if (++n > XML_ATTRIBUTES_MAX)
                        return malformed(parser, "an element has too many attributes");
                if (strcmp(name, XSI("type")) == 0)
                        r = take_xsi_type(parser, element, value);
                else if (strcmp(name, XSI("nil")) == 0)
                        element->nil = strcmp(value, "true") == 0 || strcmp(value, "1") == 0;
                else if (strcmp(name, "type") == 0 &&
                         !(element->type = keep(parser, NULL, value, strlen(value))))
                        r = -ENOMEM;
        }
        if (n > XML_ATTRIBUTES_MAX)
                return malformed(parser, "an element has too many attributes");
        return r < 0 ? no_memory(parser) : 0;
}

static int take_name(Parser *parser, XmlElement *element, const char *name)
{
        const XmlElement *before = parser->last[parser->depth];
        const XmlElement *parent = parser->depth ? parser->open[parser->depth - 1] : NULL;
        const char *end = strrchr(name, SEPARATOR[0]);
        const char *local = end ? end + 1 : name;

        element->text = "";
        element->space = keep(parser, parent ? parent->space : "", name, end ? end - name : 0);
        element->name = keep(parser, before ? before->name : NULL, local, strlen(local));
        return element->space && element->name ? 0 : no_memory(parser);
}

static void append(Parser *parser, XmlElement *element)
{
        XmlElement **last = &parser->last[parser->depth];

        if (*last)
                (*last)->next = element;
        else if (parser->depth)
                parser->open[parser->depth - 1]->children = element;
        *last = element;
        parser->open[parser->depth++] = element;
        parser->last[parser->depth] = NULL;
}

static int begin_element(Parser *parser, const char *name, const char *const *attributes)
{
        XmlElement *element;
        int r;

        if (!is_blank(&parser->text))
                return malformed(parser, "text stands beside elements");
        buf_clear(&parser->text);
        if (parser->depth >= XML_DEPTH_MAX)
                return malformed(parser, "the elements are nested too deeply");
        if (++parser->n_elements > XML_ELEMENTS_MAX)
                return malformed(parser, "there are too many elements");
        element = arena_new_object(parser->reader.arena, XmlElement);
        if (!element)
                return no_memory(parser);
        r = take_name(parser, element, name);
        if (r >= 0)
                r = take_attributes(parser, element, attributes);
        if (r >= 0)
                append(parser, element);
        return r;
}

static void on_begin(void *user, const XML_Char *name, const XML_Char **attributes)
{
        Parser *parser = user;
        int r = parser->r;

        if (r >= 0)
                r = begin_element(parser, name, attributes);
        if (r < 0)
                stop(parser, r);
}

static int end_element(Parser *parser)
{
        XmlElement *element = parser->open[--parser->depth];

        if (element->children) {
                if (!is_blank(&parser->text))
                        return malformed(parser, "text stands beside elements");
        } else if (parser->text.size) {
                element->text = keep(parser, NULL, parser->text.data, parser->text.size);
                element->text_size = parser->text.size;
                if (!element->text)
                        return no_memory(parser);
        }
        buf_clear(&parser->text);
        return 0;
}

static void on_end(void *user, const XML_Char *name)
{
        Parser *parser = user;
        int r = parser->r;

        (void)name;
        if (r >= 0)
                r = end_element(parser);
        if (r < 0)
                stop(parser, r);
}

static void on_text(void *user, const XML_Char *text, int size)
{
        Parser *parser = user;

        if (parser->r >= 0 && buf_put(&parser->text, text, (size_t)size) < 0)
                stop(parser, buf_error(&parser->text) == -EMSGSIZE
                                     ? malformed(parser, "a text is too long")
                                     : no_memory(parser));
}

/* Before expat looks: it would read UTF-16 too where that is what the bytes are. */
static int check_characters(Parser *parser, const char *text, size_t size)
{
        if (size == 0)
                return wire_fail(&parser->reader, WIRE_MALFORMED, "the body is empty");
        if (memchr(text, '\0', size))
                return wire_fail(&parser->reader, WIRE_MALFORMED, "the body holds a NUL character");
        if (!utf8_is_valid(text, size))
                return wire_fail(&parser->reader, WIRE_MALFORMED, "the body is not UTF-8");
        return size > INT_MAX ? no_memory(parser) : 0;
}

static int make_expat(Parser *parser)
{
        static const XML_Memory_Handling_Suite memory = {malloc, erasing_realloc, erasing_free};

        parser->expat = XML_ParserCreate_MM("UTF-8", &memory, SEPARATOR);
        if (!parser->expat)
                return no_memory(parser);
        XML_SetUserData(parser->expat, parser);
        XML_SetXmlDeclHandler(parser->expat, on_declaration);
        XML_SetStartDoctypeDeclHandler(parser->expat, on_doctype);
        XML_SetNamespaceDeclHandler(parser->expat, on_namespace, on_namespace_end);
        XML_SetElementHandler(parser->expat, on_begin, on_end);
        XML_SetCharacterDataHandler(parser->expat, on_text);
        return 0;
}

static int parse(Parser *parser, const char *text, size_t size)
{
        enum XML_Status status = XML_Parse(parser->expat, text, (int)size, XML_TRUE);
        enum XML_Error code = XML_GetErrorCode(parser->expat);

        if (parser->r < 0 || status == XML_STATUS_OK)
                return parser->r;
        if (code == XML_ERROR_NO_MEMORY)
                return no_memory(parser);
        return malformed(parser, XML_ErrorString(code));
}

int xml_read(Arena *arena, const char *text, size_t size, const XmlElement **ret, WireError *error)
{
        _cleanup_(parser_done) Parser parser = {
                .reader = {.arena = arena, .error = error},
                .text.max = XML_TEXT_MAX,
        };
        int r;

        *error = (WireError){0};
        r = check_characters(&parser, text, size);
        if (r >= 0)
                r = make_expat(&parser);
        if (r >= 0)
                r = parse(&parser, text, size);
        if (r >= 0)
                *ret = parser.last[0];
        return r;
}
