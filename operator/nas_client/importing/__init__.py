"""Results of earlier experiments that were made with other tools, for `spec.warmStart`: `nasctl import`.

`sources` finds the reader for what is given (`optuna_storage`, `optuna_journal`, `katib`, `mlflow_runs`,
`mlflow_database`, `mlflow_server`). A reader makes an `experiment` of what a tool has written, `fit` finds what of it
is of a search's space, `entry` makes of that what later searches begin with (`nas_core.records.knowledge`). What is
read is other people's: bounded in bytes, rows, depth and time, and nothing of it is ever unpickled or run.
"""
