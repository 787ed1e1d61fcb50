"""What the workflow needs of files, tables, figures and its configuration."""
