/* Every method of the schema is carried out by somebody, and every handler is a method's. */

#include "api/handlers.h"

#include "base/test.h"

int main(void)
{
        size_t n_found = 0;

        for (size_t i = 0; i < n_managed_types; i++)
                for (size_t k = 0; k < managed_types[i]->n_methods; k++) {
                        const Method *method = &managed_types[i]->methods[k];
                        bool found = handler_find(managed_types[i], method->name) != NULL;

                        EXPECT_INT(method->name, found, !(method->flags & METHOD_GUEST));
                        n_found += found;
                }
        EXPECT_INT("handlers", n_found, n_service_instance_handlers + n_session_manager_handlers);
        return test_end();
}
