/* SOAP, inwards: elements to members. Sources: WSDL of vSphere 8.0.2.0; XML Schema, part 2. */

#include "base/clock.h"
#include "wire/reader.h"
#include "wire/soap.h"

#define BLANKS    " \t\r\n"
#define TOKEN_MAX CLOCK_TEXT_MAX

static int wrong_kind(WireReader *reader, const char *wanted)
{
        return wire_fail(reader, WIRE_BAD_VALUE, "has to be %s", wanted);
}

/* What XML Schema says of numbers and their like: blanks around them mean nothing. */
static int take_token(WireReader *reader, const XmlElement *element, const char *wanted, char *ret)
{
        const char *start = element->text + strspn(element->text, BLANKS);
        size_t size = strcspn(start, BLANKS);

        if (element->children || size == 0 || size >= TOKEN_MAX ||
            start[size + strspn(start + size, BLANKS)])
                return wrong_kind(reader, wanted);
        memcpy(ret, start, size);
        ret[size] = '\0';
        return 0;
}

static int read_bool(WireReader *reader, const void *element, bool *ret)
{
        char token[TOKEN_MAX];
        int r = take_token(reader, element, "true or false", token);

        if (r < 0)
                return r;
        *ret = strcmp(token, "true") == 0 || strcmp(token, "1") == 0;
        if (!*ret && strcmp(token, "false") != 0 && strcmp(token, "0") != 0)
                return wrong_kind(reader, "true or false");
        return 0;
}

static int read_integer(WireReader *reader, const void *element, WireForm form, int64_t *ret)
{
        char token[TOKEN_MAX], *end = token;
        int r = take_token(reader, element, "a whole number", token);

        (void)form;
        if (r < 0)
                return r;
        errno = 0;
        *ret = strtoll(token, &end, 10);
        if (end == token || *end)
                return wrong_kind(reader, "a whole number");
        if (errno == ERANGE)
                return wire_fail(reader, WIRE_BAD_VALUE, "is out of range");
        return 0;
}

static int read_time(WireReader *reader, const void *element, WireTime *ret)
{
        static const char wanted[] = "a time as XML Schema has it";
        char token[TOKEN_MAX];
        int r = take_token(reader, element, wanted, token);

        if (r < 0)
                return r;
        if (clock_parse(token, &ret->usec) < 0)
                return wrong_kind(reader, wanted);
        ret->set = true;
        return 0;
}

static int read_string(WireReader *reader, const void *node, const WireType *values, char **ret)
{
        const XmlElement *element = node;

        if (element->children)
                return wrong_kind(reader, "a text");
        return wire_take_string(reader, element->text, element->text_size, values, ret);
}

static int read_moref(WireReader *reader, const void *node, Moref *ret)
{
        const XmlElement *element = node;
        char *type = NULL, *value = NULL;
        int r;

        if (!element->type)
                return wrong_kind(reader, "a ManagedObjectReference with its type");
        r = wire_take_string(reader, element->type, strlen(element->type), NULL, &type);
        if (r >= 0)
                r = read_string(reader, element, NULL, &value);
        *ret = (Moref){type, value};
        return r;
}

static const XmlElement *find_item(const XmlElement *element, const char *name)
{
        while (element && (element->nil || strcmp(element->name, name) != 0))
                element = element->next;
        return element;
}

/* The items of an array are all elements of one name, wherever they stand between others. */
static int read_items(WireReader *reader, const XmlElement *first, const char *name, WireForm form,
                      const WireType *type, void *ret)
{
        const XmlElement *element;
        WireForm item = wire_form_item(form);
        WireStrings *array = ret;
        size_t n = 0;
        int r;

        for (element = find_item(first, name); element; element = find_item(element->next, name))
                n++;
        r = wire_take_array(reader, form, n, ret);
        element = find_item(first, name);
        for (size_t i = 0; r >= 0 && i < n; i++) {
                size_t mark = wire_path_push_index(reader, i);

                r = wire_read_value(reader, element, item, type,
                                    (char *)array->items + i * wire_form_size(item));
                if (r >= 0)
                        wire_path_pop(reader, mark);
                element = find_item(element->next, name);
        }
        return r;
}

static int read_localized(WireReader *reader, const XmlElement *element, const WireType *declared,
                          WireObject **ret);

static int read_member(WireReader *reader, const XmlElement *element, const WireField *field,
                       bool again, WireObject *object)
{
        void *at = (char *)object + field->offset;

        if (wire_form_item(field->form) != FORM_NONE)
                return again ? 0
                             : read_items(reader, element, element->name, field->form, field->type,
                                          at);
        if (again)
                return wire_fail(reader, WIRE_BAD_VALUE, "is given twice");
        if (field->form == FORM_OBJECT && strcmp(element->name, SOAP_LOCALIZED) == 0)
                return read_localized(reader, element, field->type, at);
        return wire_read_value(reader, element, field->form, field->type, at);
}

static int read_members(WireReader *reader, const XmlElement *element, WireObject *object)
{
        uint64_t seen = 0;
        int r;

        for (; element; element = element->next) {
                size_t index, mark = wire_path_push(reader, element->name);

                if (wire_field_index(object->type, element->name, &index) < 0)
                        return wire_fail(reader, WIRE_BAD_VALUE, "is no member of %s",
                                         object->type->name);
                if (!element->nil) {
                        r = read_member(reader, element, wire_type_at(object->type, index),
                                        seen & (uint64_t)1 << index, object);
                        if (r < 0)
                                return r;
                        seen |= (uint64_t)1 << index;
                }
                wire_path_pop(reader, mark);
        }
        return wire_end(reader, object, seen);
}

static bool has_text(const XmlElement *element)
{
        return element->text[strspn(element->text, BLANKS)] != '\0';
}

static int read_object(WireReader *reader, const void *node, const WireType *declared,
                       WireObject **ret)
{
        const XmlElement *element = node;
        int r;

        if (has_text(element))
                return wrong_kind(reader, "an object");
        if (reader->depth >= WIRE_DEPTH_MAX)
                return wire_fail(reader, WIRE_BAD_VALUE, "is nested too deeply");
        r = wire_begin(reader, declared, element->xsi_type, ret);
        if (r < 0)
                return r;
        reader->depth++;
        r = read_members(reader, element->children, *ret);
        reader->depth--;
        return r;
}

/* The text beside the fault is made from the fault; see SOAP_LOCALIZED. */
static int read_localized(WireReader *reader, const XmlElement *element, const WireType *declared,
                          WireObject **ret)
{
        const XmlElement *fault = find_item(element->children, "fault");
        size_t mark = wire_path_push(reader, "fault");
        int r;

        if (!fault)
                return wire_fail(reader, WIRE_BAD_VALUE, "is required");
        r = read_object(reader, fault, declared, ret);
        if (r >= 0)
                wire_path_pop(reader, mark);
        return r;
}

/* What xsi:type says of a value of type anyType. */
typedef struct Shape {
        const char *name;
        WireForm form;
        const char *item;     /* arrays: how their elements are called */
        const WireType *type; /* of objects and enums; NULL: the object names its own */
} Shape;

static const Shape shapes[] = {
        {"boolean", FORM_BOOL},
        {"byte", FORM_INT},
        {"short", FORM_INT},
        {"int", FORM_INT},
        {"long", FORM_LONG},
        {"string", FORM_STRING},
        {"anyURI", FORM_STRING},
        {"dateTime", FORM_TIME},
        {"ManagedObjectReference", FORM_MOREF},
        {"ArrayOfLong", FORM_LONGS, "long"},
        {"ArrayOfString", FORM_STRINGS, "string"},
        {"ArrayOfManagedObjectReference", FORM_MOREFS, "ManagedObjectReference"},
        {"ArrayOfAnyType", FORM_OBJECTS, "anyType"},
};

static int find_shape(const XmlElement *element, Shape *ret)
{
        static const char array_of[] = "ArrayOf";
        const char *name = element->xsi_type;
        const WireType *type;

        for (size_t i = 0; i < ELEMENTS(shapes); i++)
                if (strcmp(shapes[i].name, name) == 0) {
                        *ret = shapes[i];
                        return 0;
                }
        if (element->xsi_type_is_schema)
                return -ENOENT;
        *ret = (Shape){.name = name};
        if (strncmp(name, array_of, strlen(array_of)) == 0)
                ret->item = name + strlen(array_of);
        type = wire_type_find(ret->item ? ret->item : name);
        if (!type)
                return -ENOENT;
        if (type->values)
                ret->form = ret->item ? FORM_STRINGS : FORM_STRING;
        else
                ret->form = ret->item ? FORM_OBJECTS : FORM_OBJECT;
        if (type->values || ret->item)
                ret->type = type;
        return 0;
}

static int read_boxed_items(WireReader *reader, const XmlElement *element, const Shape *shape,
                            void *ret)
{
        if (has_text(element))
                return wrong_kind(reader, "an array");
        for (const XmlElement *item = element->children; item; item = item->next) {
                if (strcmp(item->name, shape->item) == 0)
                        continue;
                wire_path_push(reader, item->name);
                return wire_fail(reader, WIRE_BAD_VALUE, "is no member of %.64s", shape->name);
        }
        return read_items(reader, element->children, shape->item, shape->form, shape->type, ret);
}

static int read_any(WireReader *reader, const void *node, WireAny *ret)
{
        const XmlElement *element = node;
        Shape shape = {0};
        void *variable;
        int r;

        if (!element->xsi_type)
                return wire_fail(reader, WIRE_BAD_TYPE, "has to name its type in xsi:type");
        if (find_shape(element, &shape) < 0)
                return wire_fail(reader, WIRE_BAD_TYPE, "'%.64s' is no known type",
                                 element->xsi_type);
        variable = wire_begin_any(reader, shape.form, shape.type, ret);
        if (!variable)
                return -ENOMEM;
        r = shape.item ? read_boxed_items(reader, element, &shape, variable)
                       : wire_read_value(reader, element, shape.form, shape.type, variable);
        if (r >= 0)
                wire_end_any(ret);
        return r;
}

static const WireSource soap_source = {
        .boolean = read_bool,
        .integer = read_integer,
        .string = read_string,
        .time = read_time,
        .moref = read_moref,
        .object = read_object,
        .any = read_any,
};

int soap_read(Arena *arena, const SoapRequest *request, const WireType *type, void **ret,
              WireError *error)
{
        WireReader reader = {.source = &soap_source, .arena = arena, .error = error};
        WireObject *object = NULL;
        int r;

        *error = (WireError){0};
        r = wire_begin(&reader, type, NULL, &object);
        if (r >= 0)
                r = read_members(&reader, request->parameters, object);
        if (r >= 0)
                *ret = object;
        return r;
}
