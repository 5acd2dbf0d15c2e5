/** The tables of one `People` object. All calls are synchronous: nothing may happen in between (O1). */
import { createDeliveryTable, type DeliveryTable } from "./delivery_table.ts";
import { createDocumentTable, type DocumentTable } from "./document_table.ts";
import { createEndpointTable, type EndpointTable } from "./endpoint_table.ts";
import { createMessageTable, type MessageTable } from "./message_table.ts";
import { createWorklistTable, type WorklistTable } from "./worklist_table.ts";

export interface PeopleStore {
  readonly documents: DocumentTable;
  readonly worklist: WorklistTable;
  readonly endpoints: EndpointTable;
  readonly messages: MessageTable;
  readonly deliveries: DeliveryTable;
  /** All of it or nothing (O2). */
  atomically<T>(write: () => T): T;
}

export function createPeopleStore(storage: DurableObjectStorage): PeopleStore {
  const { sql } = storage;
  const documents = createDocumentTable(sql);
  const endpoints = createEndpointTable(sql);
  return {
    documents,
    worklist: createWorklistTable(sql),
    endpoints,
    messages: createMessageTable(sql),
    deliveries: createDeliveryTable(sql),
    atomically: (write) => {
      try {
        return storage.transactionSync(write);
      } catch (cause) {
        documents.forget();
        endpoints.forget();
        throw cause;
      }
    },
  };
}
