// Begins when all is there.
(async () => {
  await vector_field_scene(PAGE.vector_field);
  await misspecification_scene(PAGE.misspecification);
  await optimization_scene(PAGE.optimization);
  await note_scene(PAGE.note);
  addEventListener("hashchange", read_address);
  read_address();
})();
