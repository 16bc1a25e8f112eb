/* Prints every table of the schema, one JSON object a line; tools/compare-schema reads it. */

#include "schema/method.h"
#include "schema/tables.h"

#include <stdio.h>

/* As they are called in OpenAPI: two spellings of one form are one word. */
static const char *const form_names[FORM_MAX] = {
        [FORM_NONE] = "void",
        [FORM_BOOL] = "boolean",
        [FORM_OPT_BOOL] = "boolean",
        [FORM_INT] = "int32",
        [FORM_OPT_INT] = "int32",
        [FORM_LONG] = "int64",
        [FORM_OPT_LONG] = "int64",
        [FORM_STRING] = "string",
        [FORM_TIME] = "date-time",
        [FORM_MOREF] = "ManagedObjectReference",
        [FORM_OBJECT] = "Any",
        [FORM_ANY] = "Any",
        [FORM_LONGS] = "int64[]",
        [FORM_STRINGS] = "string[]",
        [FORM_MOREFS] = "ManagedObjectReference[]",
        [FORM_OBJECTS] = "Any[]",
};

/* Names are words of ASCII letters and digits and need no escaping. */
static void print_name(const char *key, const char *name)
{
        if (name)
                printf("\"%s\":\"%s\"", key, name);
        else
                printf("\"%s\":null", key);
}

static void print_names(const char *key, const char *const *names, size_t n)
{
        printf("\"%s\":[", key);
        for (size_t i = 0; i < n; i++)
                printf("%s\"%s\"", i > 0 ? "," : "", names[i]);
        printf("]");
}

/* A declared type says more than its form. */
static void print_kind(const char *key, WireForm form, const WireType *type)
{
        printf("\"%s\":\"%s%s\"", key, type ? type->name : form_names[form],
               type && form == FORM_OBJECTS ? "[]" : "");
}

static void print_field(const WireField *field)
{
        printf("{");
        print_name("name", field->name);
        printf(",");
        print_kind("kind", field->form, field->type);
        printf(",\"required\":%s,\"since\":[%u,%u,%u,%u]}",
               field->presence == REQUIRED ? "true" : "false", field->since >> 24,
               field->since >> 16 & 0xff, field->since >> 8 & 0xff, field->since & 0xff);
}

static void print_type(const WireType *type)
{
        size_t n = 0;

        printf("{\"table\":\"%s\",", type->values ? "enum" : "type");
        print_name("name", type->name);
        printf(",");
        if (type->values) {
                while (type->values[n])
                        n++;
                print_names("values", type->values, n);
                printf("}\n");
                return;
        }
        print_name("base", type->base ? type->base->name : NULL);
        printf(",\"fields\":[");
        for (size_t i = 0; i < type->n_fields; i++) {
                printf("%s", i > 0 ? "," : "");
                print_field(&type->fields[i]);
        }
        printf("]}\n");
}

static void print_method(const ManagedType *type, const Method *method)
{
        printf("{\"table\":\"method\",");
        print_name("object", type->name);
        printf(",");
        print_name("name", method->name);
        printf(",");
        print_name("params", method->params->name);
        printf(",");
        print_kind("result", method->result, method->result_type);
        printf(",");
        print_name("privilege", method->privilege);
        printf(",\"anonymous\":%s,\"guest\":%s,\"faults\":[",
               method->flags & METHOD_ANONYMOUS ? "true" : "false",
               method->flags & METHOD_GUEST ? "true" : "false");
        for (const WireType *const *fault = method->faults; *fault; fault++)
                printf("%s\"%s\"", fault > method->faults ? "," : "", (*fault)->name);
        printf("]}\n");
}

int main(void)
{
        for (size_t i = 0; i < n_wire_types; i++)
                print_type(wire_types[i]);
        for (size_t i = 0; i < n_managed_types; i++) {
                const ManagedType *type = managed_types[i];

                printf("{\"table\":\"object\",");
                print_name("name", type->name);
                printf(",");
                print_name("base", type->base ? type->base->name : NULL);
                printf("}\n");
                for (size_t k = 0; k < type->n_methods; k++)
                        print_method(type, &type->methods[k]);
        }
        return fflush(stdout) == 0 ? 0 : 1;
}
