import { openAeron } from "./load.ts";

/**
 * libaeron's client: one line per symbol, with its C prototype. Pointers to pointers are addresses of NativeBuffers.
 * `bool` arguments and results are passed as u8: any value but 0 is true.
 */
const SYMBOLS = {
  // int aeron_errcode(void)
  aeron_errcode: { args: [], returns: "i32" },
  // const char *aeron_errmsg(void)
  aeron_errmsg: { args: [], returns: "ptr" },
  // int64_t aeron_nano_clock(void)   (CLOCK_MONOTONIC)
  aeron_nano_clock: { args: [], returns: "i64" },
  // int aeron_default_path(char *path, size_t path_length)
  aeron_default_path: { args: ["ptr", "u64_fast"], returns: "i32" },

  // int aeron_context_init(aeron_context_t **context)
  aeron_context_init: { args: ["ptr"], returns: "i32" },
  // int aeron_context_close(aeron_context_t *context)
  aeron_context_close: { args: ["ptr"], returns: "i32" },
  // int aeron_context_set_dir(aeron_context_t *context, const char *value)
  aeron_context_set_dir: { args: ["ptr", "ptr"], returns: "i32" },
  // int aeron_context_set_client_name(aeron_context_t *context, const char *value)
  aeron_context_set_client_name: { args: ["ptr", "ptr"], returns: "i32" },
  // int aeron_context_set_driver_timeout_ms(aeron_context_t *context, uint64_t value)
  aeron_context_set_driver_timeout_ms: { args: ["ptr", "u64_fast"], returns: "i32" },
  // int aeron_context_set_use_conductor_agent_invoker(aeron_context_t *context, bool value)
  aeron_context_set_use_conductor_agent_invoker: { args: ["ptr", "u8"], returns: "i32" },
  // int aeron_context_set_error_handler(aeron_context_t *context, aeron_error_handler_t handler, void *clientd)
  aeron_context_set_error_handler: { args: ["ptr", "ptr", "ptr"], returns: "i32" },
  // int aeron_init(aeron_t **client, aeron_context_t *context)
  aeron_init: { args: ["ptr", "ptr"], returns: "i32" },
  // int aeron_start(aeron_t *client)
  aeron_start: { args: ["ptr"], returns: "i32" },
  // int aeron_main_do_work(aeron_t *client)
  aeron_main_do_work: { args: ["ptr"], returns: "i32" },
  // bool aeron_is_closed(aeron_t *client)
  aeron_is_closed: { args: ["ptr"], returns: "u8" },
  // int aeron_close(aeron_t *client)
  aeron_close: { args: ["ptr"], returns: "i32" },
  // int64_t aeron_client_id(aeron_t *client)
  aeron_client_id: { args: ["ptr"], returns: "i64" },

  // int aeron_async_add_exclusive_publication(async **, aeron_t *client, const char *uri, int32_t stream_id)
  aeron_async_add_exclusive_publication: { args: ["ptr", "ptr", "ptr", "i32"], returns: "i32" },
  // int aeron_async_add_exclusive_publication_poll(aeron_exclusive_publication_t **publication, async *)
  aeron_async_add_exclusive_publication_poll: { args: ["ptr", "ptr"], returns: "i32" },
  // int64_t aeron_exclusive_publication_try_claim(publication *, size_t length, aeron_buffer_claim_t *claim)
  aeron_exclusive_publication_try_claim: { args: ["ptr", "u64_fast", "ptr"], returns: "i64_fast" },
  // int aeron_buffer_claim_commit(aeron_buffer_claim_t *buffer_claim)
  aeron_buffer_claim_commit: { args: ["ptr"], returns: "i32" },
  // int aeron_buffer_claim_abort(aeron_buffer_claim_t *buffer_claim)
  aeron_buffer_claim_abort: { args: ["ptr"], returns: "i32" },
  // int64_t aeron_exclusive_publication_offer(publication *, const uint8_t *buffer, size_t length, supplier, void *)
  aeron_exclusive_publication_offer: { args: ["ptr", "ptr", "u64_fast", "ptr", "ptr"], returns: "i64_fast" },
  // int64_t aeron_exclusive_publication_offerv(publication *, aeron_iovec_t *iov, size_t iovcnt, supplier, void *)
  aeron_exclusive_publication_offerv: { args: ["ptr", "ptr", "u64_fast", "ptr", "ptr"], returns: "i64_fast" },
  // int64_t aeron_exclusive_publication_offer_block(publication *, const uint8_t *buffer, size_t length)   (framed already)
  aeron_exclusive_publication_offer_block: { args: ["ptr", "ptr", "u64_fast"], returns: "i64_fast" },
  // int64_t aeron_exclusive_publication_position(aeron_exclusive_publication_t *publication)
  aeron_exclusive_publication_position: { args: ["ptr"], returns: "i64_fast" },
  // int64_t aeron_exclusive_publication_position_limit(aeron_exclusive_publication_t *publication)
  aeron_exclusive_publication_position_limit: { args: ["ptr"], returns: "i64_fast" },
  // bool aeron_exclusive_publication_is_connected(aeron_exclusive_publication_t *publication)
  aeron_exclusive_publication_is_connected: { args: ["ptr"], returns: "u8" },
  // int aeron_exclusive_publication_constants(publication *, aeron_publication_constants_t *constants)
  aeron_exclusive_publication_constants: { args: ["ptr", "ptr"], returns: "i32" },
  // int aeron_exclusive_publication_close(publication *, aeron_notification_t on_close_complete, void *clientd)
  aeron_exclusive_publication_close: { args: ["ptr", "ptr", "ptr"], returns: "i32" },

  // int aeron_async_add_subscription(async **, aeron_t *, const char *uri, int32_t stream_id, on_available, void *, on_unavailable, void *)
  aeron_async_add_subscription: {
    args: ["ptr", "ptr", "ptr", "i32", "ptr", "ptr", "ptr", "ptr"],
    returns: "i32",
  },
  // int aeron_async_add_subscription_poll(aeron_subscription_t **subscription, async *)
  aeron_async_add_subscription_poll: { args: ["ptr", "ptr"], returns: "i32" },
  // int aeron_subscription_resolved_endpoint(aeron_subscription_t *subscription, char *address, size_t address_len)
  aeron_subscription_resolved_endpoint: { args: ["ptr", "ptr", "u64_fast"], returns: "i32" },
  // int aeron_subscription_image_count(aeron_subscription_t *subscription)
  aeron_subscription_image_count: { args: ["ptr"], returns: "i32" },
  // aeron_image_t *aeron_subscription_image_at_index(subscription *, size_t index)   (retains it)
  aeron_subscription_image_at_index: { args: ["ptr", "u64_fast"], returns: "ptr" },
  // int aeron_subscription_image_release(aeron_subscription_t *subscription, aeron_image_t *image)
  aeron_subscription_image_release: { args: ["ptr", "ptr"], returns: "i32" },
  // int aeron_image_constants(aeron_image_t *image, aeron_image_constants_t *constants)
  aeron_image_constants: { args: ["ptr", "ptr"], returns: "i32" },
  // bool aeron_image_is_end_of_stream(aeron_image_t *image)
  aeron_image_is_end_of_stream: { args: ["ptr"], returns: "u8" },
  // int aeron_subscription_close(subscription *, aeron_notification_t on_close_complete, void *clientd)
  aeron_subscription_close: { args: ["ptr", "ptr", "ptr"], returns: "i32" },

  // int aeron_async_add_counter(async **, aeron_t *, int32_t type_id, const uint8_t *key, size_t, const char *label, size_t)
  aeron_async_add_counter: { args: ["ptr", "ptr", "i32", "ptr", "u64_fast", "ptr", "u64_fast"], returns: "i32" },
  // int aeron_async_add_counter_poll(aeron_counter_t **counter, async *)
  aeron_async_add_counter_poll: { args: ["ptr", "ptr"], returns: "i32" },
  // int64_t *aeron_counter_addr(aeron_counter_t *counter)
  aeron_counter_addr: { args: ["ptr"], returns: "ptr" },
  // int aeron_counter_close(aeron_counter_t *counter, aeron_notification_t on_close_complete, void *clientd)
  aeron_counter_close: { args: ["ptr", "ptr", "ptr"], returns: "i32" },

  // int aeron_cnc_init(aeron_cnc_t **aeron_cnc, const char *base_path, int64_t timeout_ms)
  aeron_cnc_init: { args: ["ptr", "ptr", "i64_fast"], returns: "i32" },
  // int aeron_cnc_constants(aeron_cnc_t *aeron_cnc, aeron_cnc_constants_t *constants)
  aeron_cnc_constants: { args: ["ptr", "ptr"], returns: "i32" },
  // int64_t aeron_cnc_to_driver_heartbeat(aeron_cnc_t *aeron_cnc)   (ms of the epoch)
  aeron_cnc_to_driver_heartbeat: { args: ["ptr"], returns: "i64_fast" },
  // aeron_counters_reader_t *aeron_cnc_counters_reader(aeron_cnc_t *aeron_cnc)
  aeron_cnc_counters_reader: { args: ["ptr"], returns: "ptr" },
  // int aeron_counters_reader_get_buffers(reader *, aeron_counters_reader_buffers_t *buffers)
  aeron_counters_reader_get_buffers: { args: ["ptr", "ptr"], returns: "i32" },
  // void aeron_cnc_close(aeron_cnc_t *aeron_cnc)
  aeron_cnc_close: { args: ["ptr"], returns: "void" },

  // int64_t aeron_counter_get_acquire(volatile int64_t *addr)   (any aligned 8 bytes)
  aeron_counter_get_acquire: { args: ["ptr"], returns: "i64_fast" },
  // void aeron_counter_set_release(volatile int64_t *addr, int64_t value)   (any aligned 8 bytes)
  aeron_counter_set_release: { args: ["ptr", "i64_fast"], returns: "void" },
  // void aeron_acquire(void)   (fence)
  aeron_acquire: { args: [], returns: "void" },
  // void aeron_release(void)   (fence)
  aeron_release: { args: [], returns: "void" },
} as const;

export const aeron = openAeron(SYMBOLS);
