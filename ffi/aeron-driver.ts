import { openAeron } from "./load.ts";

/** libaeron's C media driver: one line per symbol, with its C prototype. */
const SYMBOLS = {
  // int aeron_driver_context_init(aeron_driver_context_t **context)
  aeron_driver_context_init: { args: ["ptr"], returns: "i32" },
  // int aeron_driver_context_close(aeron_driver_context_t *context)
  aeron_driver_context_close: { args: ["ptr"], returns: "i32" },
  // int aeron_driver_context_set_dir(aeron_driver_context_t *context, const char *value)
  aeron_driver_context_set_dir: { args: ["ptr", "ptr"], returns: "i32" },
  // int aeron_driver_context_set_dir_warn_if_exists(aeron_driver_context_t *context, bool value)
  aeron_driver_context_set_dir_warn_if_exists: { args: ["ptr", "u8"], returns: "i32" },
  // int aeron_driver_context_set_dir_delete_on_start(aeron_driver_context_t *context, bool value)
  aeron_driver_context_set_dir_delete_on_start: { args: ["ptr", "u8"], returns: "i32" },
  // int aeron_driver_context_set_dir_delete_on_shutdown(aeron_driver_context_t *context, bool value)
  aeron_driver_context_set_dir_delete_on_shutdown: { args: ["ptr", "u8"], returns: "i32" },
  // int aeron_driver_context_set_print_configuration(aeron_driver_context_t *context, bool value)
  aeron_driver_context_set_print_configuration: { args: ["ptr", "u8"], returns: "i32" },
  // int aeron_driver_context_set_threading_mode(aeron_driver_context_t *context, aeron_threading_mode_t mode)
  aeron_driver_context_set_threading_mode: { args: ["ptr", "i32"], returns: "i32" },
  // int aeron_driver_context_set_shared_idle_strategy(aeron_driver_context_t *context, const char *value)
  aeron_driver_context_set_shared_idle_strategy: { args: ["ptr", "ptr"], returns: "i32" },
  // int aeron_driver_context_set_shared_idle_strategy_init_args(aeron_driver_context_t *context, const char *value)
  aeron_driver_context_set_shared_idle_strategy_init_args: { args: ["ptr", "ptr"], returns: "i32" },
  // int aeron_driver_context_set_conductor_idle_strategy(aeron_driver_context_t *context, const char *value)
  aeron_driver_context_set_conductor_idle_strategy: { args: ["ptr", "ptr"], returns: "i32" },
  // int aeron_driver_context_set_conductor_idle_strategy_init_args(aeron_driver_context_t *context, const char *value)
  aeron_driver_context_set_conductor_idle_strategy_init_args: { args: ["ptr", "ptr"], returns: "i32" },
  // int aeron_driver_context_set_counters_buffer_length(aeron_driver_context_t *context, size_t length)
  aeron_driver_context_set_counters_buffer_length: { args: ["ptr", "u64_fast"], returns: "i32" },
  // int aeron_driver_context_set_loss_report_buffer_length(aeron_driver_context_t *context, size_t length)
  aeron_driver_context_set_loss_report_buffer_length: { args: ["ptr", "u64_fast"], returns: "i32" },
  // int aeron_driver_context_set_ipc_term_buffer_length(aeron_driver_context_t *context, size_t value)
  aeron_driver_context_set_ipc_term_buffer_length: { args: ["ptr", "u64_fast"], returns: "i32" },
  // int aeron_driver_context_set_term_buffer_sparse_file(aeron_driver_context_t *context, bool value)
  aeron_driver_context_set_term_buffer_sparse_file: { args: ["ptr", "u8"], returns: "i32" },
  // int aeron_driver_context_set_perform_storage_checks(aeron_driver_context_t *context, bool value)
  aeron_driver_context_set_perform_storage_checks: { args: ["ptr", "u8"], returns: "i32" },
  // int aeron_driver_context_set_low_file_store_warning_threshold(aeron_driver_context_t *context, uint64_t value)
  aeron_driver_context_set_low_file_store_warning_threshold: { args: ["ptr", "u64_fast"], returns: "i32" },
  // int aeron_driver_context_set_timer_interval_ns(aeron_driver_context_t *context, uint64_t value)
  aeron_driver_context_set_timer_interval_ns: { args: ["ptr", "u64_fast"], returns: "i32" },
  // int aeron_driver_context_set_client_liveness_timeout_ns(aeron_driver_context_t *context, uint64_t value)
  aeron_driver_context_set_client_liveness_timeout_ns: { args: ["ptr", "u64_fast"], returns: "i32" },
  // int aeron_driver_context_set_publication_linger_timeout_ns(aeron_driver_context_t *context, uint64_t value)
  aeron_driver_context_set_publication_linger_timeout_ns: { args: ["ptr", "u64_fast"], returns: "i32" },
  // int aeron_driver_context_set_counters_free_to_reuse_timeout_ns(aeron_driver_context_t *context, uint64_t value)
  aeron_driver_context_set_counters_free_to_reuse_timeout_ns: { args: ["ptr", "u64_fast"], returns: "i32" },
  // int aeron_driver_init(aeron_driver_t **driver, aeron_driver_context_t *context)
  aeron_driver_init: { args: ["ptr", "ptr"], returns: "i32" },
  // int aeron_driver_start(aeron_driver_t *driver, bool manual_main_loop)
  aeron_driver_start: { args: ["ptr", "u8"], returns: "i32" },
  // int aeron_driver_main_do_work(aeron_driver_t *driver)
  aeron_driver_main_do_work: { args: ["ptr"], returns: "i32" },
  // int aeron_driver_close(aeron_driver_t *driver)
  aeron_driver_close: { args: ["ptr"], returns: "i32" },
} as const;

export const aeronDriver = openAeron(SYMBOLS);
