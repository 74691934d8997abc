"""Planning without a model: a sentence in, a typed and checked plan out, or a precise reason why not.

templates   what can be asked for          matching     which of it a sentence means
binding     its inputs                     expansion    goals replaced by the templates they name
structure   faults a document shows alone  validation   faults against the live catalogue, and the plan
planner     all of it, in order            planfile     a plan as a file, and back
"""
