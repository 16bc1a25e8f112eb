/* Every method of the schema is carried out by somebody, and every handler is a method's. */

#include "api/handlers.h"

#include "base/test.h"

int main(void)
{
        for (size_t i = 0; i < n_managed_types; i++)
                for (size_t k = 0; k < managed_types[i]->n_methods; k++) {
                        const Method *method = &managed_types[i]->methods[k];
                        bool found = handler_find(managed_types[i], method->name) != NULL;

                        EXPECT_INT(method->name, found, !(method->flags & METHOD_GUEST));
                }
        for (size_t i = 0; i < n_handler_tables; i++)
                for (size_t k = 0; k < *handler_tables[i].n; k++) {
                        const ManagedType *type = managed_type_find(handler_tables[i].type);
                        const char *name = handler_tables[i].rows[k].method;

                        EXPECT(name, type && method_find(type, name));
                }
        return test_end();
}
