// The one translation unit that compiles Boost.JSON, so that nothing links libboost_json.
#include <boost/json/src.hpp>
