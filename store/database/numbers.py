"""The ids of rows that are about to be inserted in bulk, so that others can refer to them."""

from sqlalchemy import Connection, Table, func, select


def next_ids(connection: Connection, table: Table, n: int) -> list[int]:
    """Take ids for `n` new rows of a table; in a transaction that writes."""
    if connection.dialect.name == "sqlite":  # nobody else writes meanwhile
        last: int = connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
        return list(range(last + 1, last + 1 + n))
    sequence = func.pg_get_serial_sequence(table.name, "id")
    series = func.generate_series(1, n).table_valued("n")
    taken = connection.execute(select(func.nextval(sequence)).select_from(series))
    return sorted(number for (number,) in taken)
