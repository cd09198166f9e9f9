// GET /docs: the API as people read it, made of the description at /openapi.json by Swagger UI,
// which is part of the program. It needs no signature, shows nothing of any merchant, sends nothing
// anywhere; without script it says where the description is.
#pragma once

#include "http/http.hpp"

namespace kassa::api {

void add_docs_routes(http::Router& router);

}  // namespace kassa::api
