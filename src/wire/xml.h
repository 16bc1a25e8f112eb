#pragma once

/*
 * XML to a tree: what SOAP needs of a document and nothing else, in the arena of its request.
 *
 * The document is UTF-8, whatever else it may say, and has no DTD: so there are no entities but the
 * five of XML, and nothing is fetched. Comments and processing instructions are skipped, and so are
 * attributes that are not named below.
 */

#include "wire/read.h"

#define XML_DEPTH_MAX      (2 * WIRE_DEPTH_MAX + 8) /* an object takes two at most */
#define XML_ELEMENTS_MAX   ((size_t)2 * WIRE_ITEMS_MAX)
#define XML_ATTRIBUTES_MAX 32U                           /* of one element, namespaces included */
#define XML_TEXT_MAX       ((size_t)2 * WIRE_STRING_MAX) /* bytes of one text */

typedef struct XmlElement XmlElement;
struct XmlElement {
        const char *space; /* the namespace's URI; "" for none */
        const char *name;
        const char *type;        /* the attribute without namespace; NULL where there is none */
        const char *xsi_type;    /* without its prefix; NULL where there is none */
        bool xsi_type_is_schema; /* the prefix stands for XML Schema's own namespace */
        bool nil;                /* xsi:nil says so */
        const char *text; /* "" where there are children: beside them only blanks may stand */
        size_t text_size;
        XmlElement *children, *next;
};

/**
 * xml_read() - parse a document
 * @ret:        its root; it lives as long as the arena
 *
 * What expat allocates on the way is erased, for that may hold passwords.
 *
 * Return: 0, -EBADMSG or -ENOMEM; *@error is filled in.
 */
int xml_read(Arena *arena, const char *text, size_t size, const XmlElement **ret, WireError *error);
