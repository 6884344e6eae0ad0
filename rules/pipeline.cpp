#include "rules/pipeline.h"
