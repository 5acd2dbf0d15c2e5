/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** One of a line's stations, or any. */
export function StationChoice({ id, label, stations }: {
  readonly id: string;
  readonly label: string;
  readonly stations: readonly { readonly id: string; readonly name: string }[];
}) {
  return (
    <div>
      <label for={id}>{label}</label>
      <select id={id} name="stationId">
        <option value="">Any</option>
        {stations.map((station) => <option key={station.id} value={station.id}>{station.name}</option>)}
      </select>
    </div>
  );
}
