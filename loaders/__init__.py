"""Files in: tables, workbooks and statistics files become checked tables of the contract."""
